import ArgumentParser
import Experiments
import Foundation
import Numerics
import Storage

/// What `match --roundtrip` and `--occupancy` take besides.
struct PromptMatchOptions: ParsableArguments {
  @Option(
    parsing: .upToNextOption,
    help: "With --roundtrip: the dictionaries of B, one a layer; those before them are of A.")
  var against: [String] = []

  @Option(
    help: """
      With --roundtrip: which regions of A are sent: those whose prompts are all harmful or all benign, or all. Without \
      it harmful where the prompts say which they are, else all.
      """)
  var kind: RoundTripRecord.Kind?

  @Option(
    help:
      "The split of prompts of --roundtrip and --occupancy, or all; else train where there is one.")
  var prompts: String?

  @Option(
    help: """
      With --roundtrip: clusters of the baseline by the prompts' text alone; as many as the first dictionary of A has \
      regions without it, 0 for none.
      """)
  var textClusters: Int?

  @Option(
    help: "Permutations of the null of --roundtrip and --occupancy (default: 2000; 0 for none).")
  var permutations: Int?

  /// Fails where one was given without either.
  func checkUnused() throws {
    let given: [(String, Bool)] = [
      ("--against", !against.isEmpty), ("--kind", kind != nil), ("--prompts", prompts != nil),
      ("--permutations", permutations != nil), ("--text-clusters", textClusters != nil),
    ]
    if let (name, _) = given.first(where: { $0.1 }) {
      throw ValidationError("\(name) is of --roundtrip or --occupancy")
    }
  }
}

extension Match {
  /// The first option given that a comparison by prompts has no use for.
  func ignoredByPrompts(besides others: [(String, Bool)] = []) -> String? {
    let ignored: [(String, Bool)] = [
      ("--cutoff", cutoff != 0.7), ("--null", !null.isEmpty), ("--centre", centre == .common),
      ("--activations-a", activationsA != nil), ("--activations-b", activationsB != nil),
      ("--certificate", certificate), ("--no-stores", !stores), ("--label-a", labelA != "A"),
      ("--label-b", labelB != "B"), ("--export", page.page != nil),
    ]
    return (ignored + others).first { $0.1 }?.0
  }

  func checkPermutations() throws {
    guard (0...1_000_000).contains(trips.permutations ?? 2000) else {
      throw ValidationError("expected --permutations of 0 to 1000000")
    }
    guard seed == nil || trips.permutations != 0 else {
      throw ValidationError("--seed is of permutations")
    }
  }

  /// The stores of the prompts of both.
  func promptStores(
    _ a: DictionaryFile, _ b: DictionaryFile
  ) throws -> (a: StoreFile, b: StoreFile) {
    let attached = try attached(a, b)
    func store(_ store: StoreFile?, _ file: DictionaryFile, _ option: String) throws -> StoreFile {
      guard let store else {
        throw ExperimentError(
          .missing,
          "its prompts are needed, and no store lies beside it: give \(option)", file: file.name)
      }
      return store
    }
    return (try store(attached.a, a, "--store-a"), try store(attached.b, b, "--store-b"))
  }

  func checkRoundTrip() throws {
    if let ignored = ignoredByPrompts() {
      throw ValidationError("--roundtrip compares prompts alone, and has no use for \(ignored)")
    }
    guard trips.against.isEmpty ? dictionaries.count == 2 : !dictionaries.isEmpty else {
      throw ValidationError(
        "expected two dictionaries, or those of A and --against those of B")
    }
    guard trips.textClusters ?? 0 >= 0 else {
      throw ValidationError("expected --text-clusters of 0 or more")
    }
    try checkPermutations()
  }

  /// Seeds of the clusters of texts: how much depends on them is a part of the answer.
  private static let textSeeds = 5

  /// `nil` where none was asked for.
  private func textBaseline(
    _ shared: SharedPrompts, _ a: PromptRegions, kind: [Bool]?, regions: Int, _ line: ProgressLine
  ) throws -> TextBaseline? {
    let clusters = trips.textClusters ?? min(regions, shared.a.count)
    guard clusters > 0 else { return nil }
    let first = UInt32(truncatingIfNeeded: seed ?? 0)
    return try TextBaseline(
      shared.a.map(\.prompt), a, kind: kind, clusters: clusters,
      seeds: (0..<Self.textSeeds).map { first &+ UInt32($0) },
      permutations: trips.permutations ?? 2000, seed: seed ?? 0
    ) { done, total in
      try Interruption.check()
      line.show("clusters of texts: \(done) of \(total)")
    }
  }

  func runRoundTrip() throws {
    let line = ProgressLine(isQuiet: style.quiet)
    let paths =
      trips.against.isEmpty
      ? (a: [dictionaries[0]], b: [dictionaries[1]]) : (a: dictionaries, b: trips.against)
    func open(_ paths: [String]) throws -> [DictionaryFile] {
      try paths.map { try DictionaryLocation.open(URL(filePath: $0)) }
    }
    let (filesA, filesB) = (try open(paths.a), try open(paths.b))
    let (storeA, storeB) = try promptStores(filesA[0], filesB[0])
    // The first of each side was checked as its store was attached.
    for (file, store) in filesA.dropFirst().map({ ($0, storeA) })
      + filesB.dropFirst().map({ ($0, storeB) })
    {
      _ = try AttachedStores.given(store.url, for: file)
    }
    let split = try trips.prompts ?? storeA.standardSplit(ofSets: nil)
    let shared = try SharedPrompts(
      storeA, storeB, split: split == StoreSelection.allSplits ? nil : split)
    let kind = trips.kind ?? (shared.roles.contains(.harmful) ? .harmful : .all)
    func isOfKind(_ role: AblationPrompt.Role?) -> Bool { role?.rawValue == kind.rawValue }
    if kind != .all, !shared.roles.contains(where: isOfKind) {
      throw ExperimentError(
        .missing, "expected \(kind.rawValue) prompts, found none among \(shared.a.count)",
        file: storeA.name)
    }
    let threads = threadCount.threads
    let inA = try filesA.map {
      try SharedPrompts.regions(of: shared.a, in: storeA, $0, threads: threads)
    }
    let inB = try filesB.map {
      try SharedPrompts.regions(of: shared.b, in: storeB, $0, threads: threads)
    }
    var found: [[RoundTripRecord.Pair]] = []
    for (i, a) in filesA.enumerated() {
      found.append([])
      for (j, b) in filesB.enumerated() {
        try Interruption.check()
        line.show("pair \(i * filesB.count + j + 1) of \(filesA.count * filesB.count)")
        func trip(_ kind: [Bool]?) -> RoundTrip {
          RoundTrip(
            inA[i], inB[j], kind: kind, permutations: trips.permutations ?? 2000, seed: seed ?? 0)
        }
        let all = trip(nil)
        found[i].append(
          RoundTripRecord.Pair(
            a: a, b: b, trip: kind == .all ? all : trip(shared.roles.map(isOfKind)), all: all))
      }
    }
    guard found.joined().contains(where: { !$0.trip.regions.isEmpty }) else {
      throw ExperimentError(
        .invalidValue,
        "no region's prompts are all \(kind.rawValue): there is nothing to send",
        file: filesA[0].name)
    }
    let kinds = kind == .all ? nil : shared.roles.map(isOfKind)
    let baseline = try textBaseline(
      shared, inA[0], kind: kinds, regions: filesA[0].regionCount, line)
    line.clear()
    let record = RoundTripRecord(
      found, kind, shared, baseline: baseline,
      coverage: (
        kinds.map { TextBaseline.coverage(inA[0].regions, $0) } ?? [],
        kinds.map { TextBaseline.coverage(inB[0].regions, $0) } ?? []
      ), split: split, stores: (storeA.name, storeB.name), seconds: line.seconds)
    let json = JSONValue(encoding: record)
    if let place {
      let folder = try FolderOutput(
        place.url, overwrite: place.overwrite, replaceable: ["roundtrip.json", "roundtrip.svg"])
      try Data((json.text + "\n").utf8).write(to: folder.url.appending(path: "roundtrip.json"))
      try Data(record.plot.text.utf8).write(to: folder.url.appending(path: "roundtrip.svg"))
      try folder.commit()
    }
    if style.json {
      json.print()
    } else {
      print(lines(of: record.text(remark: shared.sentence)))
    }
  }
}

extension RoundTripRecord.Kind: ExpressibleByArgument {}
