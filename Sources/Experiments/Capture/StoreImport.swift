import Foundation
import Storage
import TensorFiles

/// Turns activations that others captured into a store.
///
/// Two layouts: the reference's folder of `shard_*.npz`, and a folder of `documents.jsonl` with `rows.safetensors` (or several
/// `*.safetensors` in the order of their names), which any Python script can write. A line of the former is
/// `{"id", "text", "ids", "ends", "rows", "position", "set", "split", "category", "topic", "prompt", "continuation"}`, of which
/// only `text` must be there. Without `ids`, a document has as many rows as it has `ends`, or `rows` says (or else one), and
/// the first of them stands at `position` (or else at 0); a tensor `[sum of the documents' tokens, D]` per hook holds the activations, under the hook's name.
package enum StoreImport {
  /// The name of a folder's list of documents.
  static let documents = "documents.jsonl"

  /// Whether the folder is in the layout of `documents.jsonl`.
  package static func isPlain(_ folder: URL) -> Bool {
    FileManager.default.fileExists(
      atPath: folder.appending(path: documents).path(percentEncoded: false))
  }

  /// Imports a folder of the reference's shards.
  ///
  /// - Parameter provenance: what the caller knows; the shards say nothing of the model.
  /// - Throws: `ExperimentError` for shards whose prompts' positions do not follow each other.
  package static func shards(
    _ folder: URL, hook: String, elementType: ElementType, provenance given: StoreProvenance,
    to url: URL, overwrite: Bool, progress: (Int) throws -> Void = { _ in }
  ) throws -> StoreFile {
    let files = try ActivationSource.shardFiles(in: folder)
    let recorded = try RecordedProvenance(folder: folder)
    var provenance = given
    provenance.model = given.model ?? recorded.provenance.model
    provenance.modelHash = given.modelHash ?? recorded.provenance.modelHash
    provenance.adapter = given.adapter ?? recorded.provenance.adapter
    provenance.adapterHash = given.adapterHash ?? recorded.provenance.adapterHash
    provenance.template = given.template ?? recorded.provenance.template
    provenance.notes = given.notes ?? recorded.provenance.notes
    provenance.toolVersion = toolVersion
    provenance.inputs = try files.map {
      "shard \($0.lastPathComponent) \(SHA256.hexDigest(of: try MappedFile($0)))"
    }.joined(separator: "\n")
    let first = try Shard(files[0])
    let writer = try StoreWriter(
      url, provenance: provenance, hooks: [StoreHook(name: hook, dimension: first.dimension)],
      elementType: elementType, overwrite: overwrite)
    var dimension: Int? = first.dimension
    for (number, file) in files.enumerated().dropFirst(writer.shardCount) {
      let shard = try Shard(file)
      try shard.check(dimension: &dimension)
      try writer.append(unit(of: shard, number: number, ends: recorded.tokenEnds))
      try progress(writer.documentCount)
    }
    if !writer.isFinished { try writer.finish() }
    return try StoreFile(url)
  }

  private static func unit(
    of shard: Shard, number: Int, ends: [String: [Int32]]
  ) throws -> StoreUnit {
    guard !shard.prompts.isEmpty, shard.positions.count == shard.count else {
      throw ExperimentError(
        .unknownLayout, "a store needs prompts, prompt_ids and position_ids", file: shard.file)
    }
    var (entries, rows) = ([StoreUnit.Entry](), [Float]())
    rows.reserveCapacity(shard.rows.count)
    let byPrompt = Dictionary(grouping: 0..<shard.count) { shard.promptOfRow[$0] }
    for (index, text) in shard.prompts.enumerated() {
      let own = (byPrompt[index] ?? []).sorted { shard.positions[$0] < shard.positions[$1] }
      let places = own.map { shard.positions[$0] }
      guard zip(places, places.dropFirst()).allSatisfy({ $1 == $0 + 1 }) else {
        throw ExperimentError(
          .unknownLayout, "prompt \(index): expected positions that follow each other",
          file: shard.file)
      }
      for row in own { rows.append(contentsOf: shard.row(row)) }
      let count = (places.last ?? -1) + 1
      let known = ends[text].flatMap { $0.count == count ? $0 : nil }
      entries.append(
        StoreUnit.Entry(
          document: StoreDocument(
            id: "shard-\(number)-\(index)", kind: .prompt, set: "prompts", prompt: text, text: text,
            firstPosition: places.first ?? 0, rowCount: own.count, tokenCount: count),
          tokens: StoreTokens(ids: nil, ends: known)))
    }
    return StoreUnit(entries: entries, rows: [rows])
  }

  // MARK: - documents.jsonl

  private struct Line: Decodable {
    var id: String?
    var text: String
    var ids: [Int32]?
    var ends: [Int32]?
    var rows: Int?
    var position: Int?
    var set: String?
    var split: String?
    var category: String?
    var topic: String?
    var prompt: String?
    var continuation: String?

    /// Rows of the tensors.
    var rowCount: Int { ids?.count ?? rows ?? ends.map { $0.count - (position ?? 0) } ?? 1 }
    var firstPosition: Int { position ?? 0 }
    var tokenCount: Int { firstPosition + rowCount }
  }

  /// Imports a folder of `documents.jsonl` and safetensors.
  ///
  /// - Parameter classifier: gives continuations their verdicts.
  package static func plain(
    _ folder: URL, elementType: ElementType, classifier: OutcomeClassifier,
    provenance given: StoreProvenance, to url: URL, overwrite: Bool,
    progress: (Int) throws -> Void = { _ in }
  ) throws -> StoreFile {
    let lines = try lines(folder)
    let tensors = try PlainRows(folder)
    let total = lines.reduce(0) { $0 + $1.rowCount }
    guard tensors.count == total else {
      throw ExperimentError(
        .mismatch,
        "expected \(total) rows, as the documents of \(documents) have, found \(tensors.count)",
        file: folder.lastPathComponent)
    }
    var provenance = given
    if let record = try CaptureRecord(of: folder) {
      try record.check(documents: lines.count, hooks: tensors.hooks.map(\.name))
      try record.fill(&provenance)
    }
    provenance.toolVersion = toolVersion
    provenance.inputs = try tensors.inputs(documents)
    if lines.contains(where: { $0.continuation != nil }) { provenance.classifier = classifier.name }
    let writer = try StoreWriter(
      url, provenance: provenance, hooks: tensors.hooks, elementType: elementType,
      overwrite: overwrite)
    var (start, row) = (0, 0)
    while start < lines.count, !writer.isFinished {
      var (end, rows) = (start, 0)
      while end < lines.count, end == start || rows + lines[end].rowCount <= Capture.unitRows {
        rows += lines[end].rowCount
        end += 1
      }
      if start >= writer.documentCount {
        let entries = (start..<end).map { entry(lines[$0], number: $0, classifier) }
        try writer.append(
          StoreUnit(entries: entries, rows: try tensors.rows(row..<row + rows)))
        try progress(writer.documentCount)
      }
      (start, row) = (end, row + rows)
    }
    if !writer.isFinished { try writer.finish() }
    return try StoreFile(url)
  }

  private static func lines(_ folder: URL) throws -> [Line] {
    let data = try OrdinaryFile.data(folder.appending(path: documents), limit: .max)
    var lines: [Line] = []
    for (index, bytes) in data.split(separator: 10, omittingEmptySubsequences: false).enumerated()
    where !bytes.allSatisfy({ $0 == 32 || $0 == 13 }) {
      func fail(_ message: String) -> ExperimentError {
        ExperimentError(.invalidValue, message, file: "\(documents):\(index + 1)")
      }
      let line: Line
      do {
        line = try JSONDecoder().decode(Line.self, from: Data(bytes))
      } catch {
        throw fail(
          "expected a JSON object with text, and of ids, ends, rows and position those known")
      }
      if let ids = line.ids {
        guard !ids.isEmpty, ids.allSatisfy({ $0 >= 0 }) else {
          throw fail("expected token ids, found none or negative ones")
        }
        guard line.rows ?? ids.count == ids.count, line.position ?? 0 == 0 else {
          throw fail("expected a row for each of \(ids.count) ids, from position 0 on")
        }
      }
      let places = 0...Int(Int32.max)
      guard line.rows.map({ places.contains($0) && $0 > 0 }) ?? true,
        line.position.map(places.contains) ?? true, line.rowCount > 0,
        places.contains(line.tokenCount)
      else {
        throw fail(
          "expected one row or more at a position of 0 or more, and no position past \(places.upperBound - 1)"
        )
      }
      if let ends = line.ends {
        guard ends.count == line.tokenCount, zip(ends, ends.dropFirst()).allSatisfy({ $0 <= $1 }),
          ends.first ?? 0 >= 0, Int(ends.last ?? 0) <= line.text.utf8.count
        else {
          throw fail(
            "expected \(line.tokenCount) ends that ascend to \(line.text.utf8.count) bytes of the text"
          )
        }
      }
      lines.append(line)
    }
    guard !lines.isEmpty else {
      throw ExperimentError(.missing, "expected documents, found none", file: documents)
    }
    return lines
  }

  private static func entry(
    _ line: Line, number: Int, _ classifier: OutcomeClassifier
  ) -> StoreUnit.Entry {
    var answers: [StoreContinuation] = []
    if let text = line.continuation {
      answers = [
        StoreContinuation(
          text: text, tokens: nil, ending: "length",
          verdict: StoreVerdict(classifier.verdict(on: text, prompt: line.prompt)))
      ]
    }
    return StoreUnit.Entry(
      document: StoreDocument(
        id: line.id ?? "document-\(number)", kind: line.prompt == nil ? .text : .prompt,
        set: line.set ?? "documents", split: line.split, category: line.category,
        topic: line.topic, prompt: line.prompt ?? line.text, text: line.text,
        firstPosition: line.firstPosition, rowCount: line.rowCount, tokenCount: line.tokenCount),
      tokens: StoreTokens(ids: line.ids, ends: line.ends), continuations: answers)
  }
}

/// The safetensors of a folder, one after another: a tensor per hook in each.
private struct PlainRows {
  private let files: [SafetensorsFile]
  private let names: [URL]
  private let starts: [Int]
  let hooks: [StoreHook]
  let count: Int

  init(_ folder: URL) throws {
    // A link to a folder is listed as empty.
    names = try FileManager.default.contentsOfDirectory(
      at: folder.resolvingSymlinksInPath(), includingPropertiesForKeys: nil
    ).filter { $0.pathExtension == "safetensors" }
      .sorted { $0.lastPathComponent < $1.lastPathComponent }
    files = try names.map { url in
      try TensorFileError.naming(url) { try SafetensorsFile(url) }
    }
    guard let first = files.first else {
      throw ExperimentError(
        .missing, "expected safetensors, found none", file: folder.lastPathComponent)
    }
    hooks = try first.names.sorted().map { name in
      let shape = try first.info(name).shape
      guard shape.count == 2, shape[1] > 0 else {
        throw ExperimentError(
          .mismatch, "\(TensorFileError.printable(name)): expected shape [n, D], found \(shape)",
          file: folder.lastPathComponent)
      }
      return StoreHook(name: name, dimension: shape[1])
    }
    var (starts, count) = ([Int](), 0)
    for (file, url) in zip(files, names) {
      let rows = file.tensors[hooks.first?.name ?? ""]?.shape.first ?? 0
      for hook in hooks where file.tensors[hook.name]?.shape != [rows, hook.dimension] {
        throw ExperimentError(
          .mismatch,
          "\(TensorFileError.printable(hook.name)): expected shape \([rows, hook.dimension])",
          file: url.lastPathComponent)
      }
      starts.append(count)
      count += rows
    }
    (self.starts, self.count) = (starts, count)
  }

  func inputs(_ documents: String) throws -> String {
    let folder = names[0].deletingLastPathComponent()
    return try ([folder.appending(path: documents)] + names).map {
      "import \($0.lastPathComponent) \(SHA256.hexDigest(of: try MappedFile($0)))"
    }.joined(separator: "\n")
  }

  /// Per hook `[rows.count, D]`.
  func rows(_ rows: Range<Int>) throws -> [[Float]] {
    try hooks.map { hook in
      var values: [Float] = []
      for (index, file) in files.enumerated() {
        let end = index + 1 < starts.count ? starts[index + 1] : count
        let part = rows.clamped(to: starts[index]..<end)
        guard !part.isEmpty else { continue }
        values += try file.floats(
          hook.name, rows: part.lowerBound - starts[index]..<part.upperBound - starts[index])
      }
      return values
    }
  }
}
