import ArgumentParser
import ExemplarPartitioning
import Experiments
import Foundation
import Numerics
import Storage

struct Stability: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Whether the same regions come out when activations arrive in another order.",
    discussion: """
      From activations: builds once in the stored order and --seeds − 1 times with documents shuffled, on one \
      calibration. From dictionaries (two or more): compares those. Regions are matched one to one by the cosine of their \
      means. The null matches a dictionary with one rotated at random. log10(N c²), N members of coherence c, is what one \
      dictionary says about how well a region comes out again.

      With --json: one object.

      Example:
      exemplar stability sample-dicts/smollm2-refusal.epstore --seeds 5 --hook \\
        blocks.16.hook_resid_post --positions last
      """)

  @Argument(
    help:
      "A store (STORE#SET,SET takes sets), shards or a file of rows; or two or more dictionaries.")
  var paths: [String]

  @Option(help: "Orders to build in; 5 without it.")
  var seeds: Int?

  @Option(help: "p of the calibration; 10 without it.")
  var percentile: Double?

  @Option(help: "all, last: one activation a prompt, or content; all without it.")
  var positions: Positions?

  @Option(help: "Where to read in a store of several hooks.")
  var hook: String?

  @Option(
    help:
      "The split of a store: train (where it records splits, taken without asking), all, or a name."
  )
  var split: String?

  @Option(
    help: "Read no more than this many activations, to the end of a batch; 200000 without it.")
  var maxRows: Int?

  @Option(help: "Decides orders and shuffles.")
  var seed: UInt64 = 0

  @OptionGroup var claim: ClaimOptions

  func validate() throws {
    guard !paths.isEmpty else { throw ValidationError("expected activations or dictionaries") }
    guard seeds ?? 2 > 1 else { throw ValidationError("expected --seeds of at least 2") }
    guard maxRows ?? 1 > 0 else { throw ValidationError("expected a positive --max-rows") }
    // Dictionaries are compared as they were built.
    guard
      paths.count == 1
        || (seeds == nil && percentile == nil && positions == nil && hook == nil && split == nil
          && maxRows == nil)
    else {
      throw ValidationError(
        "--seeds, --percentile, --positions, --hook, --split and --max-rows are of activations, which are built from; "
          + "found dictionaries")
    }
  }

  func run() throws {
    let (seeds, percentile, maxRows) = (seeds ?? 5, percentile ?? 10, maxRows ?? 200_000)
    let positions = positions ?? .all
    guard percentile > 0, percentile < 100 else {
      throw ExperimentError(
        .invalidValue, "expected a percentile in (0, 100), found \(percentile)",
        file: "--percentile")
    }
    try claim.export.check()
    Interruption.watch()
    let line = claim.progress()
    var (names, identities) = ([String](), [String]())
    var dictionaries: [ExemplarDictionary] = []
    var parts: [[Int]] = []
    var count = 0
    var splitTaken: String?
    var notices: [String] = []
    if paths.count > 1 {
      var first: DictionaryFile?
      for path in paths {
        let file = try DictionaryLocation.open(URL(filePath: path))
        guard file.dimension == dictionaries.first?.dimension ?? file.dimension else {
          throw ExperimentError(
            .mismatch,
            "expected \(dictionaries[0].dimension) components as in \(names[0]), found \(file.dimension)",
            file: file.name)
        }
        if let first { notices += Self.differences(file, from: first) }
        first = first ?? file
        names.append(file.name)
        identities.append(file.identity)
        dictionaries.append(try file.load())
      }
    } else {
      splitTaken = try ClaimInput.split(of: paths[0], given: split, hook: hook)
      let source = try ClaimInput.source(
        paths[0], positions: positions, hook: hook, split: splitTaken)
      let rows = try ActivationRows.read(source, limit: maxRows) { count in
        try Interruption.check()
        line.show("reading: \(count) activations")
      }
      count = rows.count
      let builds = try ExperimentError.calibrating(on: source) {
        try ShuffledBuilds.run(
          rows, seeds: seeds, percentile: percentile, seed: seed, threads: claim.threads
        ) { done, total in
          try Interruption.check()
          line.show("building: \(done) of \(total)")
        }
      }
      (dictionaries, parts) = (builds.dictionaries, builds.parts)
      // A dictionary that was built from the same activations in the same way has the first one's identity.
      identities = dictionaries.map(\.identity)
      names = (0..<seeds).map { $0 == 0 ? "stored order" : "shuffle \($0)" }
    }
    guard dictionaries.allSatisfy({ $0.count > 0 }) else {
      throw ExperimentError(
        .invalidValue, "expected dictionaries with regions, found none", file: names[0])
    }
    let result = try DictionaryStability.compare(
      dictionaries, parts: parts, seed: seed, threads: claim.threads
    ) { done, total in
      try Interruption.check()
      line.show("matching: \(done) of \(total) pairs")
    }
    line.clear()
    let record = StabilityRecord(
      result, dictionaries, names: names, rows: count > 0 ? count : nil, split: splitTaken,
      seed: seed, seconds: line.seconds)
    try claim.publish(record.report(identities: identities).noting(notices))
  }

  /// What more than an order sets two dictionaries apart.
  private static func differences(_ file: DictionaryFile, from first: DictionaryFile) -> [String] {
    var found = file.difference(from: first).map { [$0] } ?? []
    if let expected = first.provenance.hook, let own = file.provenance.hook, own != expected {
      found.append("expected the hook \(expected) as in \(first.name), found \(own)")
    }
    return found.map { "\(file.name): \($0)" }
  }
}
