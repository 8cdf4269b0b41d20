import ExemplarPartitioning
import Foundation
import Numerics
import Storage

/// What a grid is run on.
package struct RefusalGridRequest {
  package var axes: RefusalGrid.Axes
  /// How every cell is run; its target and basis are the cell's own.
  package var setup: AblationSetup
  package var rank: CandidateRank
  /// What the dictionaries are built as, but for p and the order.
  package var template: DictionaryFile
  package var store: URL
  /// Where dictionaries are kept.
  package var cache: URL
  /// Whether cells are kept beside the store.
  package var keepsCells = true
  package var threads: Int
  /// Makes a runner of a dictionary, with weights where the depth needs them.
  package var runner: (DictionaryFile) throws -> AblationRunner

  package init(
    axes: RefusalGrid.Axes, setup: AblationSetup, rank: CandidateRank, template: DictionaryFile,
    store: URL, cache: URL, threads: Int,
    runner: @escaping (DictionaryFile) throws -> AblationRunner
  ) {
    (self.axes, self.setup, self.rank, self.template) = (axes, setup, rank, template)
    (self.store, self.cache, self.threads, self.runner) = (store, cache, threads, runner)
  }
}

extension RefusalGrid {
  /// - Parameter progress: the cells that are done, and what is being done, in words; throw to stop.
  /// - Throws: what building and running throw; a cell whose regions cannot be had is told by its reason.
  package static func run(
    _ request: RefusalGridRequest, progress: (_ done: Int, String) throws -> Void
  ) throws -> RefusalGrid {
    let axes = request.axes
    var grid = RefusalGrid(axes: axes, depth: request.setup.depth, cells: [])
    // Read once: it lies beside the store, which is the same for every dictionary.
    var journal: GridJournal?
    for percentile in axes.percentiles {
      for seed in axes.seeds {
        let words = "p \(percentile), seed \(seed)"
        try progress(grid.cells.count, "\(words): building")
        let file = try dictionary(request, percentile, seed) {
          try progress(grid.cells.count, "\(words): \($0)")
        }
        try progress(grid.cells.count, "\(words): opening")
        let runner = try request.runner(file)
        if journal == nil {
          journal = try runner.subject.material.journalFolder.map { try GridJournal(folder: $0) }
        }
        for basis in axes.bases {
          for count in axes.counts {
            var base = Cell(
              percentile: percentile, seed: seed, basis: basis, count: count,
              identity: file.identity, regionCount: file.regionCount, threshold: file.threshold)
            do {
              base = try cell(base, request, runner, &journal) {
                try progress(grid.cells.count, "\(words), \(basis.rawValue) K=\(count): \($0)")
              }
            } catch let error as ExperimentError where error.code == .invalidValue {
              base.reason = error.message
            }
            grid.cells.append(base)
          }
        }
      }
    }
    return grid
  }

  private static func cell(
    _ base: Cell, _ request: RefusalGridRequest, _ runner: AblationRunner,
    _ journal: inout GridJournal?, _ progress: (String) throws -> Void
  ) throws -> Cell {
    var setup = request.setup
    setup.basis = base.basis
    setup.target = .top(base.count, request.rank)
    let subject = runner.subject
    let key = try GridJournal.key(
      setup, try subject.directions(setup), of: subject, modelIdentity: runner.model?.keptIdentity)
    // The dictionary is the same whatever p and seed led to it; the cell is of these.
    if var known = journal?[key] {
      (known.percentile, known.seed) = (base.percentile, base.seed)
      return known
    }
    let result = try runner.run(setup) { event in
      if case .progress(let what, let done, let total) = event {
        try progress("\(what) \(done) of \(total)")
      }
    }
    let cell = Cell(base, result)
    if request.keepsCells {
      // A store that cannot be written to takes no result away.
      try? journal?.append(cell, under: key)
    }
    return cell
  }

  /// The dictionary of one percentile and order: built as the given one, with its documents shuffled by the seed, and kept.
  private static func dictionary(
    _ request: RefusalGridRequest, _ percentile: Double, _ seed: UInt64,
    _ progress: (String) throws -> Void
  ) throws -> DictionaryFile {
    let provenance = request.template.provenance
    guard let positions = provenance.positions.flatMap(Positions.init), provenance.hook != nil
    else {
      throw ExperimentError(
        .missing,
        "does not say at which hook and positions it was built, so others cannot be built alike",
        file: request.template.name)
    }
    guard provenance.documentLimit == nil else {
      throw ExperimentError(
        .mismatch,
        "was built from a part of its store's documents, so others cannot be built alike",
        file: request.template.name)
    }
    var selection = StoreSelection(recordedBy: provenance)
    selection.shuffleSeed = seed
    let source = try ActivationSource(request.store, positions: positions, selection: selection)
    try source.checkFits(request.template)
    guard let content = source.recorded.provenance.sourceHash else {
      throw ExperimentError(
        .invalidValue, "its capture is not finished, so what is built from it cannot be kept",
        file: request.store.lastPathComponent)
    }
    var given = source.recorded.provenance
    given.split = provenance.split
    let options = BuildOptions(
      mergeClose: provenance.mergeClose ?? false, minimumMembers: provenance.minimumMembers ?? 1,
      saturationWindow: provenance.saturationWindow, seed: seed, threads: request.threads)
    let parts: [String] = [
      "exemplar.grid.dictionary.1", toolVersion, content, positions.rawValue,
      provenance.hook ?? "", provenance.sets ?? "", provenance.split ?? "", source.batching,
      "\(percentile)", "\(seed)", "\(options.mergeClose) \(options.minimumMembers)",
      "\(options.saturationWindow ?? 0)",
    ]
    let name = SHA256.hexDigest(of: parts.joined(separator: "\n")).prefix(32)
    let url = request.cache.appending(path: "grid").appending(path: "\(name).epdict")
    if let kept = try? DictionaryFile(url, name: "p\(percentile), seed \(seed)") { return kept }
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    let result = try ExperimentError.calibrating(on: source) {
      try DictionaryBuild.run(
        DictionaryBuildRequest(
          source: source,
          calibration: .percentile(
            percentile, activations: DictionaryBuildRequest.calibrationActivations),
          options: options, provenance: given)
      ) { try progress("\($0.stage.rawValue), \($0.activations) activations") }
    }
    _ = try DictionaryWriter.write(
      result.dictionary, provenance: result.provenance, tokenEnds: result.tokenEnds, to: url,
      overwrite: true)
    return try DictionaryFile(url, name: "p\(percentile), seed \(seed)")
  }
}
