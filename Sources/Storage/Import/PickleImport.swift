import ExemplarPartitioning
import Foundation
import GRDB
import TensorFiles

/// Turns a reference pickle into an `.epdict`, whatever its size: regions go to the output as they are read.
package struct PickleImport {
  package let url: URL
  /// What the file beside the pickle says of it.
  package let metadata: PublishedMetadata?
  /// What is recorded beside the pickle's own hash, which ``write(to:overwrite:makesFolder:progress:)`` adds.
  package var provenance: DictionaryProvenance
  private let hashing: FileHashing

  /// - Parameters:
  ///   - isMetadataRead: whether the file beside it is read where there is one.
  /// - Throws: `damaged` for metadata that cannot be read, naming the file.
  package init(_ url: URL, isMetadataRead: Bool = true) throws {
    self.url = url
    // It fails sooner than gigabytes are hashed.
    metadata = isMetadataRead ? try PublishedMetadata.beside(url) : nil
    hashing = FileHashing(url)
    provenance = DictionaryProvenance()
    metadata?.fill(&provenance)
    provenance.source = url.lastPathComponent
    if let place = HubPlace(url) {
      (provenance.repository, provenance.revision) = (place.repository, place.revision)
    }
  }

  /// SHA-256 of the pickle, which is computed while other work goes on.
  ///
  /// - Throws: `TensorFileError` where it cannot be read.
  package var hash: String { get throws { try hashing.result() } }

  /// Writes the dictionary; it appears whole or not at all.
  ///
  /// - Parameters:
  ///   - makesFolder: whether the folder that it goes to is made, once it is known that there is something to put there.
  ///   - progress: is told how many of the regions were written; what it throws ends the import.
  /// - Throws: as ``ReferencePickle/read(_:)`` and ``DictionaryWriter/write(_:provenance:tokenEnds:to:overwrite:)``; `invalid`
  ///   where the metadata is of another dictionary; `full` where the disk has no room for it.
  package func write(
    to output: URL, overwrite: Bool = false, makesFolder: Bool = false,
    progress: @escaping (_ done: Int, _ of: Int) throws -> Void = { _, _ in }
  ) throws {
    guard let survey = try Survey(url, progress: progress) else {
      // Parts of it are shared, as the reference never writes them: it has to be read at once.
      let (read, mergeClose) = try ReferencePickle.readWhole(url)
      let dictionary = growing(read)
      try metadata?.check(
        PickleFacts(
          regions: dictionary.count, threshold: dictionary.threshold,
          memberSum: dictionary.regions.reduce(0) { $0 + $1.memberCount },
          mergeClose: mergeClose), of: url)
      var provenance = provenance
      provenance.mergeClose = provenance.mergeClose ?? mergeClose
      provenance.sourceHash = try hash
      if makesFolder { try Self.makeFolder(of: output) }
      try DictionaryWriter.write(
        dictionary, provenance: provenance, to: output, overwrite: overwrite)
      return
    }
    try metadata?.check(
      PickleFacts(
        regions: survey.regionCount, threshold: survey.outline.threshold,
        mergeClose: survey.outline.mergeClose), of: url)
    if makesFolder { try Self.makeFolder(of: output) }
    var source = self
    source.provenance.mergeClose = provenance.mergeClose ?? survey.outline.mergeClose
    try PickleStream(source, survey, to: output, overwrite: overwrite, progress: progress).run()
  }

  private static func makeFolder(of output: URL) throws {
    let folder = output.deletingLastPathComponent()
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw StorageError(
        .readOnly, "the folder for it cannot be created", file: output.lastPathComponent)
    }
  }

  private func growing(_ dictionary: ExemplarDictionary) -> ExemplarDictionary {
    var dictionary = dictionary
    dictionary.growth = metadata?.growth ?? []
    return dictionary
  }
}

extension PickleImport {
  /// What has to be known before anything is written: how many regions and sampled members there are.
  struct Survey {
    var outline: ReferencePickle.Outline
    var regionCount = 0
    var sampledCount = 0

    /// `nil` where the pickle cannot be read region by region.
    init?(_ url: URL, progress: (Int, Int) throws -> Void) throws {
      var (regions, sampled) = (0, 0)
      let value = try TensorFileError.naming(url) {
        try Pickle.load(url, handingOver: ReferencePickle.regionClasses, isCounting: true) {
          _, partition in
          regions += 1
          sampled += Int(partition["sample_members"]?.intValue ?? 0)
          if regions.isMultiple(of: 256) { try progress(0, regions) }
        }
      }
      guard let value else { return nil }
      outline = try ReferencePickle.Outline(value, file: url.lastPathComponent)
      (regionCount, sampledCount) = (regions, sampled)
      // Each once, in the order of the file.
      guard outline.partitions == (0..<regions).map({ .handed($0) }) else { return nil }
    }
  }
}

/// The second time through the pickle, which writes.
private final class PickleStream {
  private let source: PickleImport
  private let survey: PickleImport.Survey
  private let output: FolderOutput
  private let progress: (Int, Int) throws -> Void
  private let tensors: QueuedTensors
  private var identity: IdentityHash
  private var partitions: PickledPartitions
  private var memberSum = 0
  private var buffers: [String: [Float]] = [:]
  private var owners: [Int64] = []
  private let indexer: DocumentIndexer
  private var indexedCount = 0

  /// Rows are written so many numbers at a time, or as they come where they come in large pieces.
  private static let bufferSize = 1 << 19
  private static let largePiece = 1 << 15
  /// As long as any identity, and none.
  private static let noIdentity = String(repeating: "0", count: 64)

  init(
    _ source: PickleImport, _ survey: PickleImport.Survey, to url: URL, overwrite: Bool,
    progress: @escaping (Int, Int) throws -> Void
  ) throws {
    (self.source, self.survey, self.progress) = (source, survey, progress)
    let outline = survey.outline
    let file = source.url.lastPathComponent
    if let fault = DictionaryValues.fault(threshold: outline.threshold, centreNorm: 0, counts: []) {
      throw StorageError(.invalid, fault, file: file)
    }
    guard survey.regionCount <= Int32.max / 2 else {
      throw StorageError(.invalid, "expected at most \(Int32.max / 2) regions", file: file)
    }
    let bytes = try Self.size(survey, of: source.url)
    output = try FolderOutput(
      url, overwrite: overwrite, replaceable: DictionarySchema.files)
    try DiskSpace.check(for: bytes, at: output.url, file: url.lastPathComponent)
    tensors = QueuedTensors(
      try HashedTensors(
        output.url.appending(path: DictionarySchema.tensors), regions: survey.regionCount,
        dimension: outline.centre.count, sampled: survey.sampledCount, identity: Self.noIdentity))
    identity = IdentityHash(
      centre: outline.centre, threshold: outline.threshold, count: survey.regionCount)
    partitions = PickledPartitions(of: source.url, dimension: outline.centre.count)
    indexer = DocumentIndexer(output.url.appending(path: "index.sqlite"))
  }

  /// Bytes of the directions, once it is known that the pickle may hold as many.
  private static func size(_ survey: PickleImport.Survey, of url: URL) throws -> Int {
    var partitions = PickledPartitions(of: url, dimension: survey.outline.centre.count)
    return try partitions.bytes(regions: survey.regionCount, sampled: survey.sampledCount)
  }

  func run() throws {
    do {
      try write()
    } catch {
      indexer.abandon()
      tensors.abandon()
      throw error
    }
    try DictionaryWriter.commit(output)
  }

  private func write() throws {
    try StorageError.about(output.target.lastPathComponent) {
      try DictionaryWriter.writeDatabase(
        to: output.url.appending(path: DictionarySchema.database), indexer: indexer
      ) { db in
        try tensors.append(survey.outline.centre, to: "center")
        try writeRegions(db)
        for name in buffers.keys.sorted() { try flush(name) }
        try tensors.append(owners, to: "reservoir_region")
        let facts = DictionaryFacts(
          identity: identity.hexDigest(), regions: survey.regionCount,
          centre: survey.outline.centre, threshold: survey.outline.threshold,
          documents: partitions.documents.texts.count, memberSum: memberSum)
        try source.metadata?.check(
          PickleFacts(
            regions: facts.regions, threshold: facts.threshold, memberSum: memberSum,
            mergeClose: survey.outline.mergeClose),
          of: source.url)
        let hashes = try tensors.end(identity: facts.identity)
        var provenance = source.provenance
        provenance.sourceHash = try source.hash
        try DictionaryWriter.insertProvenance(facts, provenance, db)
        try DictionaryWriter.insertDocuments(
          partitions.documents.texts, tokenEnds: nil, rows?.contexts ?? .init(), isIndexed: true,
          db)
        rows = nil
        try DictionaryWriter.insertGrowth(source.metadata?.growth ?? [], db)
        return hashes
      }
      try tensors.wait()
    }
  }

  private var rows: DictionaryWriter.RegionRows?

  private func writeRegions(_ db: Database) throws {
    let rows = try DictionaryWriter.RegionRows(db)
    self.rows = rows
    let url = source.url
    let value = try TensorFileError.naming(url) {
      try Pickle.load(url, handingOver: ReferencePickle.regionClasses) { index, object in
        guard index < survey.regionCount else { throw changed() }
        let partition = try partitions.read(object, index: index)
        partition.exemplar.withUnsafeBytes { identity.update($0) }
        try add(partition.exemplar, to: "exemplars")
        try add(partition.mean, to: "means")
        owners += repeatElement(Int64(index), count: partition.sampledCount)
        guard owners.count <= survey.sampledCount else { throw changed() }
        try add(partition.sampled, to: "reservoir")
        try check(partition.region, index)
        memberSum += partition.region.memberCount
        try rows.insert(partition.region, id: index)
        indexNewTexts()
        try progress(index + 1, survey.regionCount)
      }
    }
    guard value != nil else { throw changed() }
  }

  private func indexNewTexts() {
    let texts = partitions.documents.texts
    indexer.add(texts[indexedCount...])
    indexedCount = texts.count
  }

  /// What SQLite would store as NULL, or a reader could not sum.
  private func check(_ region: Region, _ index: Int) throws {
    let file = source.url.lastPathComponent
    guard region.coherence.isFinite, region.sumDistance.isFinite, region.sumSquaredDistance.isFinite
    else {
      throw StorageError(
        .invalid, "region \(index): a statistic is not a finite number", file: file)
    }
    guard (0...DictionaryValues.countLimit).contains(region.memberCount),
      memberSum <= DictionaryValues.countLimit
    else {
      throw StorageError(
        .invalid, "region \(index): expected a count of members, found \(region.memberCount)",
        file: file)
    }
  }

  private func changed() -> StorageError {
    StorageError(
      .damaged, "was changed while it was read", file: source.url.lastPathComponent)
  }

  private func add(_ values: [Float], to tensor: String) throws {
    if values.count >= Self.largePiece {
      try flush(tensor)
      try tensors.append(values, to: tensor)
      return
    }
    buffers[tensor, default: Self.emptyBuffer()] += values
    if buffers[tensor, default: []].count >= Self.bufferSize { try flush(tensor) }
  }

  private static func emptyBuffer() -> [Float] {
    var buffer: [Float] = []
    buffer.reserveCapacity(bufferSize + largePiece)
    return buffer
  }

  private func flush(_ tensor: String) throws {
    guard let values = buffers.removeValue(forKey: tensor), !values.isEmpty else { return }
    try tensors.append(values, to: tensor)
  }
}
