import ArgumentParser
import Experiments
import Foundation
import LanguageModel
import Storage
import TensorFiles

struct Info: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Say what a file is, and where it came from.",
    discussion:
      """
      Takes an .epdict, an .epstore, a reference pickle, .npy, .npz, .safetensors, .gguf, a hub-style model folder, or a folder of \
      shards.

      With --json: one object.

      Example:
      exemplar info sample-dicts/smollm2-refusal.last.p10.epdict --verify
      """)

  @Argument(help: "Any file of ours, or one that we read.")
  var path: String

  @Flag(
    help:
      "Recompute what was recorded: a dictionary's identity and hashes, the hash of every shard of a store."
  )
  var verify = false

  @OptionGroup var style: OutputStyle

  /// Bytes that are shown of one, since a stranger's file can have names and values of megabytes; --json has all of each.
  private static let (longestName, longestValue) = (400, 2000)

  func run() throws {
    // Reading headers is not worth a promise to stop in between: an interrupt ends it.
    if verify { Interruption.watch() }
    let url = URL(filePath: path)
    let description = try TensorFileError.naming(url) { try FileDescription(url, verify: verify) }
    if style.json {
      JSONValue.object([("kind", .string(description.kind))] + description.entries).print()
      return
    }
    print("\(oneLine(url.lastPathComponent)): \(description.kind)")
    for (name, value) in description.lines {
      let shown = oneLine(name, atMost: Self.longestName)
      let padded = shown.padding(toLength: max(shown.count, 22), withPad: " ", startingAt: 0)
      print("  \(padded)  \(plain(value))")
    }
  }

  private func plain(_ value: JSONValue) -> String {
    switch value {
    case .null: "not recorded"
    case .string(let text), .encoded(let text): oneLine(text, atMost: Self.longestValue)
    case .number(let number): formatted(number)
    case .array(let values):
      values.isEmpty ? "none" : values.map(plain).joined(separator: " ")
    case .object(let entries):
      entries.map { "\(oneLine($0.0, atMost: Self.longestName)) \(plain($0.1))" }
        .joined(separator: "; ")
    case .bool(let value): value ? "yes" : "no"
    case .integer(let value): "\(value)"
    }
  }
}

/// What `info` found out about a file.
struct FileDescription {
  var kind: String
  var entries: [(String, JSONValue)]

  init(_ url: URL, verify: Bool) throws {
    let name = url.lastPathComponent
    if StoreAddress.isStore(url), try StoreAddress(url).sets != nil {
      self = try Self.store(StoreFile(url), verify: verify)
      return
    }
    var isFolder: ObjCBool = false
    guard
      FileManager.default.fileExists(
        atPath: url.path(percentEncoded: false), isDirectory: &isFolder)
    else { throw StorageError(.missing, "no such file or folder", file: name) }
    if isFolder.boolValue {
      let database = url.appending(path: "dictionary.sqlite").path(percentEncoded: false)
      let configuration = url.appending(path: "config.json").path(percentEncoded: false)
      if ActivationSource.isStore(url) {
        self = try Self.store(StoreFile(url), verify: verify)
      } else if FileManager.default.fileExists(atPath: configuration) || Self.holdsGGUF(url) {
        self = try Self.model(try ModelFiles.find(url.path(percentEncoded: false)))
      } else if url.pathExtension == "epdict" || FileManager.default.fileExists(atPath: database) {
        self = try Self.dictionary(DictionaryFile(url), kind: "dictionary", verify: verify)
      } else {
        self = try Self.shards(url)
      }
      return
    }
    switch url.pathExtension.lowercased() {
    case "npy":
      let file = try NumPyFile(url)
      kind = "NumPy array"
      entries = [Self.tensor("array", file.elementType?.rawValue, file.shape)]
    case "npz":
      let archive = try NPZArchive(url)
      kind = "NumPy archive"
      entries = try archive.names.map {
        let array = try archive.outline($0)
        return Self.tensor($0, array.type, array.shape)
      }
    case "safetensors":
      let file = try SafetensorsFile(url)
      kind = "safetensors"
      entries = file.names.compactMap { name in
        file.tensors[name].map { Self.tensor(name, $0.elementType.rawValue, $0.shape) }
          ?? file.unread[name].map { Self.tensor(name, $0.dtype.lowercased(), $0.shape) }
      }
      entries += file.metadata.sorted { $0.key < $1.key }.map { ($0.key, .string($0.value)) }
    case "gguf": self = try Self.model(.gguf(url))
    case "pkl", "pickle":
      self = try Self.dictionary(
        try DictionaryLocation.open(url), kind: "reference pickle", verify: verify)
      if let published = try PublishedMetadata.beside(url) {
        entries.append(("published", Self.facts(published)))
      }
    default:
      throw StorageError(
        .wrongKind,
        "expected .epdict, .epstore, .pkl, .npy, .npz, .safetensors, .gguf, a model or a folder of shards",
        file: name)
    }
  }

  private static func holdsGGUF(_ folder: URL) -> Bool {
    let names = try? FileManager.default.contentsOfDirectory(
      atPath: folder.path(percentEncoded: false))
    return names?.contains { $0.lowercased().hasSuffix(".gguf") } ?? false
  }

  private init(kind: String, entries: [(String, JSONValue)]) {
    (self.kind, self.entries) = (kind, entries)
  }

  private static func tensor(
    _ name: String, _ type: String?, _ shape: [Int]
  ) -> (String, JSONValue) {
    (
      name,
      .object([
        ("type", .string(type ?? "object")),
        ("shape", .array(shape.map(JSONValue.integer))),
      ])
    )
  }

  private static func dictionary(
    _ file: DictionaryFile, kind: String, verify: Bool
  ) throws -> FileDescription {
    if verify { try file.verify() }
    let recorded = Self.recorded(file.provenance)
    var entries: [(String, JSONValue)] = [
      ("identity", .string(file.identity)), ("regions", .integer(file.regionCount)),
      ("dimension", .integer(file.dimension)), ("theta", .number(file.threshold)),
      ("centerNorm", .number(file.centreNorm)), ("activations", .integer(file.activationCount)),
      ("documents", .integer(file.documentCount)),
      ("members", .integer(try file.table().memberCounts.reduce(0, +))),
      ("membersCounted", .string("as streamed")),
      ("hashes", .optional(file.hasHashes ? "SHA-256 of every tensor and table" : nil)),
    ]
    entries += DictionaryProvenance.names.filter { $0 != "activations" }.map {
      ($0, recorded[$0] ?? .null)
    }
    if verify { entries.append(("verified", .bool(true))) }
    let ready = DictionaryReadiness(file).items.map { item in
      (item.task, JSONValue.string(item.needs.map { "needs \($0)" } ?? "ready"))
    }
    entries.append(("canDo", .object(ready)))
    return FileDescription(kind: kind, entries: entries)
  }

  /// What is recorded, by name: numbers, lists and yes or no as what they are.
  private static func recorded(_ provenance: DictionaryProvenance) -> [String: JSONValue] {
    var recorded = Dictionary(
      JSONValue(encoding: provenance).entries, uniquingKeysWith: { first, _ in first })
    recorded["givenByHand"] = .array(provenance.fieldsByHand.map(JSONValue.string))
    return recorded
  }

  /// What those who published a dictionary say of it, by the names that we give the same of ours.
  private static func facts(_ published: PublishedMetadata) -> JSONValue {
    .object([
      ("regions", .optional(published.regions)), ("theta", .optional(published.threshold)),
      ("activations", .optional(published.activations)), ("tokens", .optional(published.tokens)),
      ("prompts", .optional(published.prompts)), ("saturated", .optional(published.saturated)),
      ("model", .optional(published.model)), ("hook", .optional(published.hook)),
      ("percentile", .optional(published.percentile)),
      ("seed", published.seed.map(JSONValue.seed) ?? .null),
      ("contextLength", .optional(published.contextLength)),
      ("batchSize", .optional(published.batchSize)),
      ("maxTokens", .optional(published.maxTokens)),
      ("calibrationTokens", .optional(published.calibrationTokens)),
      ("snapshots", .integer(published.growth.count)), ("file", .string(published.file)),
    ])
  }

  /// The entries as a person reads them: one a line, those of an object under its name.
  var lines: [(String, JSONValue)] {
    entries.flatMap { name, value -> [(String, JSONValue)] in
      guard ["published", "canDo"].contains(name), case .object(let parts) = value else {
        return [(name, value)]
      }
      return parts.map { ("\(name == "canDo" ? "" : "published ")\($0.0)", $0.1) }
    }
  }

  private static func store(_ file: StoreFile, verify: Bool) throws -> FileDescription {
    if verify { try file.verify { _ in try Interruption.check() } }
    let recorded = Dictionary(
      JSONValue(encoding: file.provenance).entries, uniquingKeysWith: { first, _ in first })
    let rowBytes = file.hooks.reduce(0) { $0 + $1.dimension } * file.elementType.byteCount
    var entries: [(String, JSONValue)] = [
      ("storeID", .string(file.storeID)), ("contentHash", .optional(file.contentHash)),
      ("finished", .bool(file.isFinished)),
      (
        "documents",
        .integer(try file.takenSets == nil ? file.documentCount : file.documents().count)
      ),
      ("tokens", .integer(file.tokenCount)), ("activations", .integer(file.rowCount)),
      ("continuations", .integer(file.continuationCount)),
      (
        "hooks",
        .array(
          file.hooks.map {
            .object([("name", .string($0.name)), ("dimension", .integer($0.dimension))])
          })
      ),
      ("dtype", .string(file.elementType.rawValue)),
      (
        "sets",
        .array(
          try file.sets().filter { file.takenSets?.contains($0.name) ?? true }.map {
            .object([("name", .string($0.name)), ("documents", .integer($0.documents))])
          })
      ),
      ("shards", .integer(file.shards.count)),
      ("activationBytes", .integer(file.rowCount * rowBytes)),
    ]
    entries += StoreProvenance.names.map { ($0, recorded[$0] ?? .null) }
    if verify { entries.append(("verified", .bool(true))) }
    return FileDescription(kind: "activation store", entries: entries)
  }

  private static func model(_ files: ModelFiles) throws -> FileDescription {
    let model = try ModelDescription(files)
    let configuration = model.configuration
    let types = model.storedTypes.sorted { $0.key < $1.key }
    return FileDescription(
      kind: "language model",
      entries: [
        ("name", .string(files.ownName ?? files.url.lastPathComponent)),
        ("architecture", .string(configuration.family)),
        ("parameters", .integer(model.parameterCount)),
        ("layers", .integer(configuration.layerCount)),
        ("hiddenSize", .integer(configuration.hiddenSize)),
        ("vocabulary", .integer(configuration.vocabularySize)),
        ("context", .integer(configuration.contextLength)),
        ("rotaryPrecision", .optional(model.rotaryPrecision?.rawValue)),
        ("notices", .array(model.notices.map(JSONValue.string))),
        ("storedTypes", .object(types.map { ($0.key, .integer($0.value)) })),
        ("fileBytes", .integer(model.fileByteCount)),
        ("memoryBytes", .integer(model.requiredByteCount)),
      ])
  }

  private static func shards(_ url: URL) throws -> FileDescription {
    let source = try ActivationSource(url)
    var (count, batches, documents, dimension) = (0, 0, 0, 0)
    try source.forEachBatch { batch in
      count += batch.count
      batches += 1
      documents += batch.documents.count
      dimension = max(dimension, batch.dimension)
      return true
    }
    let recorded = source.recorded
    let values = Self.recorded(recorded.provenance)
    return FileDescription(
      kind: "folder of activation shards",
      entries: [
        ("activations", .integer(count)), ("dimension", .integer(dimension)),
        ("shards", .integer(batches)), ("prompts", .integer(documents)),
        ("tokenOffsets", .bool(!recorded.tokenEnds.isEmpty)),
      ]
        + recorded.provenance.entries.map {
          ($0.name, values[$0.name] ?? .string($0.value))
        })
  }
}
