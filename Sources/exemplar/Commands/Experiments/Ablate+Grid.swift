import ArgumentParser
import ExemplarPartitioning
import Experiments
import Foundation
import LanguageModel
import Numerics
import Storage

extension Ablate {
  /// The first option that a grid has no use for; `nil` without a grid.
  func ignoredByGrid() throws -> String? {
    guard !grid.isEmpty else {
      guard plot == nil else { throw ValidationError("--plot is of --grid") }
      return nil
    }
    _ = try axes()
    try PlotPath.checkName(plot)
    let given: [(String, Bool)] = [
      ("--regions", regions != nil), ("--top", top != nil), ("--swap", swap),
      ("--sweep", sweep != nil), ("--basis", options.basis != .mean),
      ("--null with ids", try !options.nullChoice().regions.isEmpty),
      ("--baselines", options.baselines), ("--report", options.report != nil),
      ("--judge", options.judging.judge != nil), ("--texts", options.texts),
      ("--with-verdicts", options.withVerdicts), ("--other-model", options.otherModel),
    ]
    return given.first { $0.1 }?.0
  }

  /// The most cells, and the most values of an axis.
  private static let mostCells = 10_000

  private func axes() throws -> RefusalGrid.Axes {
    var values: [String: [String]] = [:]
    for axis in grid {
      let parts = axis.split(separator: "=", maxSplits: 1).map(String.init)
      guard parts.count == 2, ["p", "seeds", "basis", "k"].contains(parts[0]) else {
        throw ValidationError(
          "--grid: expected p=…, seeds=…, basis=… or k=…, got \(oneLine(axis))")
      }
      guard values[parts[0]] == nil else {
        throw ValidationError("--grid: expected \(parts[0]) once, found it twice")
      }
      values[parts[0]] = parts[1].split(separator: ",", omittingEmptySubsequences: false)
        .map(String.init)
    }
    guard let percentiles = values["p"] else {
      throw ValidationError("--grid: expected p=…, found none")
    }
    let result = RefusalGrid.Axes(
      percentiles: try percentiles.map { text in
        guard let value = Double(text), value > 0, value < 100 else {
          throw ValidationError("--grid: expected p in (0, 100), got \(oneLine(text))")
        }
        return value
      }, seeds: try integers(values["seeds"] ?? ["0"], "seeds", from: 0).map { UInt64($0) },
      bases: try (values["basis"] ?? ["mean", "exemplar"]).map { text in
        guard let basis = DirectionBasis(rawValue: text) else {
          throw ValidationError(
            "--grid: expected basis mean, exemplar or reanchored, got \(oneLine(text))")
        }
        return basis
      }, counts: try integers(values["k"] ?? ["1"], "k", from: 1))
    guard
      Set(result.percentiles).count == result.percentiles.count,
      Set(result.seeds).count == result.seeds.count,
      Set(result.bases).count == result.bases.count,
      Set(result.counts).count == result.counts.count
    else { throw ValidationError("--grid: expected the values of an axis to differ") }
    guard result.cellCount <= Self.mostCells else {
      throw ValidationError(
        "--grid: expected at most \(Self.mostCells) cells, got \(result.cellCount)")
    }
    return result
  }

  /// `0..4` and single numbers.
  private func integers(_ texts: [String], _ axis: String, from least: Int) throws -> [Int] {
    try texts.flatMap { text -> [Int] in
      let ends = text.components(separatedBy: "..").map { Int($0) }
      guard (1...2).contains(ends.count), let first = ends[0], let last = ends[ends.count - 1],
        first >= least, first <= last, last - first < Self.mostCells
      else {
        throw ValidationError(
          "--grid: expected \(axis) of \(least) or more, such as 1,3 or \(least)..4, got \(oneLine(text))"
        )
      }
      return Array(first...last)
    }
  }

  func runGrid() throws {
    try MatrixProducts.verify()
    var export = ExportOptions()
    export.exports = [options.page.page, plot].compactMap(\.self)
    (export.overwriteExports, export.noSave) = (options.page.overwriteExports, options.noSave)
    if !export.overwriteExports { try PlotPath.checkIsFree(plot) }
    try export.check()
    let axes = try axes()
    let template = try DictionaryLocation.open(URL(filePath: options.dictionary))
    let store = URL(filePath: options.store)
    var setup = try options.setup(.ablate(strength: strength ?? 1), target: .top(1, rank))
    if options.depth == nil, options.model != nil { setup.depth = .resume }
    var held: (checkpoint: String, model: LoadedModel)?
    var weights: Experiment.Weights?
    let line = ProgressLine(isQuiet: options.style.quiet)
    let threads = options.threadCount.threads
    var request = RefusalGridRequest(
      axes: axes, setup: setup, rank: rank, template: template, store: store,
      cache: try UserFolders.cache(), threads: threads
    ) { file in
      let subject = try AblationSubject.open(
        file, store: store, classifier: options.classifier, threads: threads)
      _ = try subject.evaluated(setup)
      guard setup.depth != .geometry, options.model != nil else {
        return try AblationRunner(subject, threads: threads)
      }
      weights = try weights ?? options.weights(setup, for: subject.material.provenance)
      guard let weights else { return try AblationRunner(subject, threads: threads) }
      return try AblationRunner.open(
        subject, weights,
        beside: [try StoreAddress(store).url, URL(filePath: options.dictionary)], threads: threads
      ) { checkpoint in
        let key = "\(checkpoint.modelHash ?? "") \(checkpoint.adapterHash ?? "")"
        if let held, held.checkpoint == key { return held.model }
        if !options.style.quiet { checkpoint.tellFoundAdapter() }
        let loaded = try LoadedModel(checkpoint, threads: threads)
        held = (key, loaded)
        return loaded
      }
    }
    request.keepsCells = true
    if setup.depth != .geometry, options.model == nil {
      throw ExperimentError(
        .missing, "depth \(setup.depth.rawValue) needs --model", file: store.lastPathComponent)
    }
    let grid: RefusalGrid
    do {
      grid = try RefusalGrid.run(request) { done, words in
        try Interruption.check()
        line.show("\(done) of \(axes.cellCount) cells; \(words)")
      }
    } catch is Interruption {
      line.clear()
      StandardError.print(
        "interrupted; the cells so far are kept beside the store, and this goes on from there:\n"
          + CommandLine.arguments.map { oneLine($0) }.joined(separator: " "))
      throw ExitCode(130)
    }
    line.clear()
    let record = GridRecord(grid, as: template, setup, rank: rank, seconds: line.seconds)
    try export.publish(record.report, options.style)
  }
}
