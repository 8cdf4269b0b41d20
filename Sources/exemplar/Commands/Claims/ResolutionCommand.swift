import ArgumentParser
import ExemplarPartitioning
import Experiments
import Foundation
import Storage

struct ResolutionCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "resolution",
    abstract: "At which p regions tell the values of a label apart, or of several together.",
    discussion: """
      Builds a dictionary of the same activations at every p of --percentiles, in --orders orders of the documents, and \
      says how well regions agree with a field of the documents: the adjusted Rand index, and purity, the share of \
      activations whose value is the most frequent one of their region. With several fields, separated by commas, the \
      prominent one first, they are also taken together. Centre and θ are those of all activations as one batch. The null \
      deals the labels anew --permutations times.

      With --json: one object.

      Example:
      exemplar resolution sample-dicts/smollm2-refusal.epstore --by outcome,set \\
        --hook blocks.16.hook_resid_post
      """)

  @Argument(help: "A store (STORE#SET,SET takes sets), or shards with texts.")
  var activations: String

  @Option(help: "The field, or fields, of the documents: set, category, topic, outcome, …")
  var by: String

  @Option(
    help: "A file of labels with these fields, by text or prompt, in place of a store's own fields."
  )
  var labels: String?

  @Option(help: "Every p, separated by commas; FROM..TO or FROM..TO/STEP stands for several.")
  var percentiles = "10,12,14,16,18,20,22,25,30,40,55"

  @Option(help: "all, last: one activation a prompt, or content.")
  var positions: Positions = .last

  @Option(help: "Where to read in a store of several hooks.")
  var hook: String?

  @Option(
    help:
      "The split of a store: train (where it records splits, taken without asking), all, or a name."
  )
  var split: String?

  @Option(help: "Orders of the documents.")
  var orders = 20

  @Option(help: "Times that labels are dealt anew; 0 for no null.")
  var permutations = 200

  @Option(help: "Documents of a batch.")
  var documentsPerBatch = 32

  @Option(help: "Read no more than this many activations, to the end of a batch.")
  var maxRows = 20_000

  @Option(help: "The first order's seed; the others follow.")
  var seed: UInt64 = 0

  @OptionGroup var claim: ClaimOptions

  func validate() throws {
    guard (1...10_000).contains(orders) else {
      throw ValidationError("expected --orders from 1 to 10000")
    }
    guard (0...1_000_000).contains(permutations) else {
      throw ValidationError("expected --permutations from 0 to 1000000")
    }
    guard documentsPerBatch > 0 else {
      throw ValidationError("expected a positive --documents-per-batch")
    }
    guard maxRows > 0 else { throw ValidationError("expected a positive --max-rows") }
    let names = fieldNames
    guard !names.isEmpty, Set(names).count == names.count else {
      throw ValidationError("expected --by with fields, each once; found '\(oneLine(by))'")
    }
    _ = try Self.percentiles(percentiles)
  }

  private var fieldNames: [String] {
    by.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
  }

  /// - Throws: naming what is no p in (0, 100), or no range of such.
  static func percentiles(_ text: String) throws -> [Double] {
    var result: [Double] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let sides = part.split(separator: "/", maxSplits: 1).map(String.init)
      let ends = (sides.first ?? "").components(separatedBy: "..").map(Double.init)
      let step = sides.count == 2 ? Double(sides[1]) : 1
      guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2,
        let step, step > 0, step.isFinite, first > 0, last < 100, first <= last,
        sides.count == 1 || ends.count == 2, (last - first) / step < 1_000
      else {
        throw ValidationError(
          "expected --percentiles in (0, 100), such as 10,20 or 6..60/0.5; found '\(oneLine(String(part)))'"
        )
      }
      // Counted rather than added up, so that steps do not drift.
      result += (0...Int((last - first) / step + 1e-9)).map {
        // So that 0.1 + 2 · 0.1 is the 0.3 that somebody else wrote.
        ((first + Double($0) * step) * 1e9).rounded() / 1e9
      }
    }
    return Array(Set(result)).sorted()
  }

  func run() throws {
    let percentiles = try Self.percentiles(percentiles)
    try claim.export.check()
    Interruption.watch()
    let line = claim.progress()
    let split = try ClaimInput.split(of: activations, given: split, hook: hook)
    let source = try ClaimInput.source(
      activations, positions: positions, hook: hook, split: split)
    let fields = try ClaimInput.fields(fieldNames, of: activations, labels: labels, split: split)
    let read = try ActivationRows.read(source, limit: maxRows) { count in
      try Interruption.check()
      line.show("reading: \(count) activations")
    }
    guard !read.documents.isEmpty else {
      throw ExperimentError(
        .missing, "expected documents with texts, which fields are known by; found rows alone",
        file: source.url.lastPathComponent)
    }
    let (rows, labellings, left) = try labelled(read, fields)
    var options = ResolutionSeparation.Options()
    (options.orders, options.permutations) = (orders, permutations)
    (options.documentsPerBatch, options.seed) = (documentsPerBatch, seed)
    options.threads = claim.threads
    let result = try ExperimentError.calibrating(on: source) {
      try ResolutionSeparation.run(
        rows, labellings: labellings, percentiles: percentiles, options
      ) { done, total in
        try Interruption.check()
        line.show("building: \(done) of \(total)")
      }
    }
    line.clear()
    let record = ResolutionRecord(
      result, hook: source.recorded.provenance.hook, positions: positions, seconds: line.seconds)
    var notices =
      left > 0
      ? [
        "\(source.url.lastPathComponent): \(left) of \(read.count) activations are of documents without \(by), and are left out"
      ]
      : []
    if read.count >= maxRows {
      notices.append(
        "\(source.url.lastPathComponent): the first \(read.count) activations were read, and none after them; --max-rows reads more"
      )
    }
    try claim.publish(record.report().noting(notices))
  }

  /// The rows of documents that have every field, with what each is: by each field, and by all where there are several.
  private func labelled(
    _ read: ActivationRows, _ fields: DocumentFields
  ) throws -> (ActivationRows, [ResolutionSeparation.Labelling], left: Int) {
    let names = fieldNames
    let values: [[String]?] = read.documents.map { text in
      guard let found = fields.fields(of: text) else { return nil }
      let own = names.compactMap { found[$0] }
      return own.count == names.count ? own : nil
    }
    var kept = ActivationRows()
    kept.sourceName = read.sourceName
    var (taken, owners, documents) = ([Int](), [Int32](), [String]())
    var places: [Int32: Int32] = [:]
    for row in 0..<read.count {
      let document = read.documentOfRow[row]
      guard values.indices.contains(Int(document)), values[Int(document)] != nil else { continue }
      let place = places[document] ?? Int32(documents.count)
      if places[document] == nil {
        places[document] = place
        documents.append(read.documents[Int(document)])
      }
      taken.append(row)
      owners.append(place)
    }
    kept.append(
      ActivationBatch(
        rows: read.rows(at: taken), count: taken.count, documentOfRow: owners,
        documents: documents))
    let own = taken.map { values[Int(read.documentOfRow[$0])]! }
    var labellings = names.indices.map { field in
      ResolutionSeparation.Labelling(name: names[field], of: own.map { $0[field] })
    }
    if names.count > 1 {
      labellings.append(
        ResolutionSeparation.Labelling(
          name: names.joined(separator: "+"), of: own))
    }
    for labelling in labellings where labelling.values.count < 2 {
      throw ExperimentError(
        .missing,
        "expected two values of \(oneLine(labelling.name)) or more, found \(labelling.values.count): nothing to tell apart",
        file: read.sourceName)
    }
    return (kept, labellings, read.count - taken.count)
  }
}
