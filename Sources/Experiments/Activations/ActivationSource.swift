import ExemplarPartitioning
import Foundation
import Storage
import TensorFiles

/// Which token positions of a prompt a dictionary is built from; part of its identity.
package enum Positions: String, Sendable, CaseIterable {
  /// Every row there is (a capture leaves out position 0).
  case all
  /// One activation a prompt: its final position.
  case last
  /// As all, without the tokens that nobody said: the chat template's own, its default system turn among them, and those
  /// that the tokenizer adds.
  case content
}

/// A stream of activations that can be read again and again, batch by batch.
///
/// Layouts: a folder of the reference's `shard_*.npz` (a file is a batch, and batch boundaries matter to a build), one
/// `.npy`, `.npz` or `.safetensors` holding rows `[n, D]`, cut into batches of a given size, a captured store, or documents that a model reads.
package struct ActivationSource: Sendable {
  /// Rows of a batch where the file does not say.
  package static let defaultBatchSize = 2000
  /// Prompts of a batch when only final positions are read.
  package static let lastPositionBatchSize = 64

  package let url: URL
  package let positions: Positions
  /// The model, the hook and so on, where a `provenance.json` lies beside the shards.
  package private(set) var recorded: RecordedProvenance
  private var layout: Layout

  enum Layout: Sendable {
    case shards([URL])
    case rows(RowFile, RowMetadata?, batchSize: Int)
    case store(StoreStream)
    case documents(any DocumentStream)
  }

  /// - Parameters:
  ///   - batchSize: rows of a batch of a single file, ``defaultBatchSize`` without it; shards and stores bring their own.
  ///   - metadata: what the rows of a single file are, a line each.
  ///   - selection: what to take from a store.
  /// - Throws: `ExperimentError` for a path with nothing readable in it; `TensorFileError` for a damaged file.
  package init(
    _ given: URL, positions: Positions = .all, batchSize: Int? = nil,
    metadata: RowMetadata? = nil, selection: StoreSelection = StoreSelection()
  ) throws {
    precondition(batchSize ?? 1 > 0, "expected a positive batch size, got \(batchSize ?? 0)")
    let address = try StoreAddress(given)
    let url = address.url
    self.url = url
    self.positions = positions
    let name = url.lastPathComponent
    var selection = selection
    if let sets = address.sets {
      guard selection.sets == nil else {
        throw ExperimentError(
          .invalidValue, "expected sets behind # or given apart, found both", file: name)
      }
      selection.sets = sets
    }
    var isFolder: ObjCBool = false
    guard
      FileManager.default.fileExists(
        atPath: url.path(percentEncoded: false), isDirectory: &isFolder)
    else {
      throw ExperimentError(
        .missing,
        "expected activations (a folder of shards, .npy, .npz or .safetensors), found no such file",
        file: name)
    }
    guard batchSize == nil || !isFolder.boolValue else {
      throw ExperimentError(
        .invalidValue,
        "a size of batches is for a single file of rows; shards and a store bring their own",
        file: name)
    }
    guard metadata == nil || !isFolder.boolValue else {
      throw ExperimentError(
        .unknownLayout,
        "a table of rows is for a single file of rows; shards and a store bring their own texts",
        file: name)
    }
    if isFolder.boolValue, StoreStream.isStore(url) {
      let stream = try StoreStream(StoreFile(url), positions: positions, selection)
      layout = .store(stream)
      recorded = RecordedProvenance(provenance: stream.provenance)
      return
    }
    guard positions != .content else {
      throw ExperimentError(
        .unknownLayout,
        "content positions need a store that says which tokens are the template's own, found other activations",
        file: name)
    }
    guard selection.isEmpty else {
      throw ExperimentError(
        .unknownLayout,
        "a choice of hook, sets, split, order, documents a batch or budget needs a store, found other activations",
        file: name)
    }
    if isFolder.boolValue {
      layout = .shards(try Self.shardFiles(in: url))
      recorded = try RecordedProvenance(folder: url)
    } else {
      guard positions == .all else {
        throw ExperimentError(
          .unknownLayout, "final positions need shards with position_ids, found a single file",
          file: name)
      }
      let rows = try RowFile(url)
      if let metadata, metadata.count != rows.count {
        throw ExperimentError(
          .mismatch, "expected \(rows.count) lines, one a row of \(name), found \(metadata.count)",
          file: metadata.file)
      }
      layout = .rows(rows, metadata, batchSize: batchSize ?? Self.defaultBatchSize)
      recorded = RecordedProvenance()
    }
  }

  /// Documents whose activations are made as they are read.
  ///
  /// - Parameter url: the first file that they are of.
  package init(_ stream: any DocumentStream, of url: URL) {
    (self.url, positions) = (url, stream.positions)
    recorded = RecordedProvenance(provenance: stream.provenance)
    layout = .documents(stream)
  }

  /// A stream of documents from the batch after so many.
  ///
  /// - Throws: `ExperimentError.missing` where nothing is left.
  func after(batches: Int) throws -> ActivationSource {
    guard let selection else {
      preconditionFailure("expected documents, which alone are read on after their calibration")
    }
    var rest = selection
    rest.firstDocument += batches * rest.batchSize(positions)
    let source = try selecting(rest)
    guard try source.documentCount(atMost: 1) > 0 else {
      let count = try documentCount()
      throw ExperimentError(
        .missing,
        "the calibration took all \(count) documents, and the build follows on those after it",
        file: url.lastPathComponent,
        remedy: "\(.calibrationActivations) takes fewer, or \(.calibration) gives one")
    }
    return source
  }

  /// A stream of documents to the end of a budget; others as they are.
  func limited(maxTokens: Int?, maxDocuments: Int?) throws -> ActivationSource {
    guard var selection, maxTokens != nil || maxDocuments != nil else { return self }
    (selection.maxTokens, selection.maxDocuments) = (maxTokens, maxDocuments)
    return try selecting(selection)
  }

  /// What is taken of documents; `nil` of other activations.
  var selection: StoreSelection? {
    switch layout {
    case .store(let stream): stream.selection
    case .documents(let stream): stream.selection
    case .shards, .rows: nil
    }
  }

  private func selecting(_ selection: StoreSelection) throws -> ActivationSource {
    var source = self
    switch layout {
    case .store(let stream):
      let part = try StoreStream(stream.store, positions: positions, selection)
      source.layout = .store(part)
      source.recorded = RecordedProvenance(provenance: part.provenance)
    case .documents(let stream):
      let part = try stream.selecting(selection)
      source.layout = .documents(part)
      source.recorded = RecordedProvenance(provenance: part.provenance)
    case .shards, .rows: break
    }
    return source
  }

  private func documentCount(atMost limit: Int = .max) throws -> Int {
    switch layout {
    case .store(let stream): min(limit, stream.order.count)
    case .documents(let stream): try stream.documents(limit).count
    case .shards, .rows: 0
    }
  }

  var stream: StoreStream? {
    if case .store(let stream) = layout { stream } else { nil }
  }

  /// What is known of the rows; with it, the positions of batches are numbers of rows.
  package var rowRecord: RowRecord? {
    if case .rows(_, let metadata, _) = layout { metadata?.record } else { nil }
  }

  /// How the stream is cut, in words.
  package var batching: String {
    switch (layout, positions) {
    case (.shards(let files), .all), (.shards(let files), .content):
      "one shard a batch, \(files.count) shards"
    case (.shards, .last): "\(Self.lastPositionBatchSize) prompts a batch"
    case (.rows(_, _, let batchSize), _): "\(batchSize) rows a batch"
    case (.store(let stream), _): stream.selection.batching(positions)
    case (.documents(let stream), _): stream.selection.batching(positions)
    }
  }

  /// What a dictionary records as the name of its source.
  var recordedName: String {
    if case .documents(let stream) = layout { stream.name } else { url.lastPathComponent }
  }

  /// Reads the stream from its start, until `body` returns false.
  ///
  /// - Throws: what reading throws; `ExperimentError.invalidValue` names the file and row of a value that is not finite, and
  ///   `.mismatch` the shard whose width differs.
  package func forEachBatch(_ body: (ActivationBatch) throws -> Bool) throws {
    try forEachBatch(after: 0, reading: { _ in }, body: body)
  }

  /// As above, without so many batches at the beginning.
  ///
  /// - Parameter reading: called now and then while a model reads.
  func forEachBatch(
    after batches: Int, reading: (ReadingProgress) throws -> Void,
    body: (ActivationBatch) throws -> Bool
  ) throws {
    if case .documents(let stream) = layout {
      return try stream.forEachBatch(after: batches, reading: reading, body)
    }
    var number = 0
    try forEachStoredBatch { batch in
      defer { number += 1 }
      return try number < batches || body(batch)
    }
  }

  private func forEachStoredBatch(_ body: (ActivationBatch) throws -> Bool) throws {
    switch layout {
    case .shards(let files):
      switch positions {
      case .all, .content: try readShards(files, body)
      case .last: try readFinalPositions(files, body)
      }
    case .rows(let file, let metadata, let batchSize):
      var described = DescribedRows(metadata)
      try file.read(batchSize: batchSize) { try body(described.next($0)) }
    case .store(let stream): try stream.forEachBatch(body)
    case .documents: break
    }
  }

  /// For each of the stream's first documents the UTF-8 offset after each of its tokens; `nil` where nobody recorded any.
  ///
  /// - Parameter documents: their texts, as `forEachBatch` gave them.
  package func tokenEnds(of documents: [String]) throws -> [[Int32]?]? {
    if case .store(let stream) = layout { return try stream.tokenEnds(count: documents.count) }
    if case .documents(let stream) = layout {
      return try stream.documents(documents.count).map(\.ends)
    }
    let ends = recorded.tokenEnds
    return ends.isEmpty ? nil : documents.map { ends[$0] }
  }

  /// The texts of the first documents of a stream of documents.
  func texts(count: Int) throws -> [String] {
    guard case .documents(let stream) = layout else {
      preconditionFailure("expected documents that a model reads, which alone are gone on with")
    }
    return try stream.documents(count).map(\.text)
  }

  /// The rows of BOS and EOS tokens, wherever they stand; `nil` where nothing says which tokens those are.
  ///
  /// - Parameter rows: as they were read from this source.
  package func edgeRows(of rows: ActivationRows) throws -> Set<Int>? {
    guard case .store(let stream) = layout, let edges = stream.edgeTokens else { return nil }
    let ids = try stream.tokenIDs(count: rows.documents.count)
    guard ids.allSatisfy({ $0 != nil }) else { return nil }
    return Set(
      rows.documentOfRow.indices.filter { row in
        let (document, position) = (Int(rows.documentOfRow[row]), Int(rows.positions[row]))
        guard ids.indices.contains(document), let list = ids[document],
          list.indices.contains(position)
        else { return false }
        return edges.contains(list[position])
      })
  }

  static func shardFiles(in folder: URL) throws -> [URL] {
    let contents: [URL]
    do {
      // A link to a folder is listed as empty.
      contents = try FileManager.default.contentsOfDirectory(
        at: folder.resolvingSymlinksInPath(), includingPropertiesForKeys: nil)
    } catch {
      throw ExperimentError(.missing, "the folder cannot be read", file: folder.lastPathComponent)
    }
    let shards = contents.filter {
      $0.lastPathComponent.hasPrefix("shard_") && $0.pathExtension == "npz"
    }
    guard !shards.isEmpty else {
      let isDictionary = contents.contains { $0.lastPathComponent == "dictionary.sqlite" }
      throw ExperimentError(
        .missing,
        "expected shard_*.npz in the folder, found "
          + (isDictionary ? "a dictionary" : "\(contents.count) other files"),
        file: folder.lastPathComponent)
    }
    return shards.sorted { $0.lastPathComponent < $1.lastPathComponent }
  }

  private func readShards(_ files: [URL], _ body: (ActivationBatch) throws -> Bool) throws {
    var documents = 0
    var dimension: Int?
    for file in files {
      let shard = try Shard(file)
      try shard.check(dimension: &dimension)
      let batch = shard.batch(firstDocument: documents)
      documents += shard.prompts.count
      if try !body(batch) { return }
    }
  }

  /// Final rows only, in the order of the prompts, gathered across shards into batches of their own.
  private func readFinalPositions(
    _ files: [URL], _ body: (ActivationBatch) throws -> Bool
  ) throws {
    var pending = ActivationBatch(rows: [], count: 0)
    var documents = 0
    var dimension: Int?
    for file in files {
      let shard = try Shard(file)
      try shard.check(dimension: &dimension)
      for row in try shard.finalRows() {
        pending.rows.append(contentsOf: shard.row(row))
        pending.count += 1
        pending.documentOfRow.append(Int32(documents))
        pending.positions.append(Int32(shard.positions[row]))
        pending.documents.append(shard.prompts[shard.promptOfRow[row]])
        documents += 1
        if pending.count == Self.lastPositionBatchSize {
          if try !body(pending) { return }
          pending = ActivationBatch(rows: [], count: 0)
        }
      }
    }
    if pending.count > 0 { _ = try body(pending) }
  }
}
