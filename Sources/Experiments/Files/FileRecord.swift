import Foundation
import LanguageModel
import Storage
import TensorFiles

/// What a file is and where it came from, under the keys by which it is printed.
package struct FileRecord: Encodable {
  private enum CodingKeys: CodingKey { case kind }

  package let kind: String
  /// By kind.
  private let facts: any Encodable

  private init(_ kind: String, _ facts: any Encodable) { (self.kind, self.facts) = (kind, facts) }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(kind, forKey: .kind)
    try facts.encode(to: encoder)
  }

  /// - Parameters:
  ///   - verify: whether what was recorded of a dictionary or a store is computed again and compared.
  ///   - check: called in between; what it throws ends the work.
  /// - Throws: `StorageError` for what is no file of ours and none that we read, and what reading it throws.
  package init(_ url: URL, verify: Bool, check: () throws -> Void) throws {
    func store() throws -> FileRecord {
      FileRecord("activation store", try StoreFacts(StoreFile(url), verify: verify, check))
    }
    func model(_ files: ModelFiles) throws -> FileRecord {
      FileRecord("language model", try ModelFacts(files))
    }
    if StoreAddress.isStore(url), try StoreAddress(url).sets != nil {
      self = try store()
      return
    }
    var isFolder: ObjCBool = false
    guard
      FileManager.default.fileExists(
        atPath: url.path(percentEncoded: false), isDirectory: &isFolder)
    else {
      throw StorageError(.missing, "no such file or folder", file: url.lastPathComponent)
    }
    if isFolder.boolValue {
      let database = url.appending(path: "dictionary.sqlite").path(percentEncoded: false)
      let configuration = url.appending(path: "config.json").path(percentEncoded: false)
      if ActivationSource.isStore(url) {
        self = try store()
      } else if FileManager.default.fileExists(atPath: configuration) || Self.holdsGGUF(url) {
        self = try model(try ModelFiles.find(url.path(percentEncoded: false)))
      } else if url.pathExtension == "epdict" || FileManager.default.fileExists(atPath: database) {
        self.init("dictionary", try DictionaryFacts(DictionaryFile(url), verify: verify))
      } else {
        self.init("folder of activation shards", try ShardFacts(ActivationSource(url)))
      }
      return
    }
    switch url.pathExtension.lowercased() {
    case "npy":
      let file = try NumPyFile(url)
      self.init(
        "NumPy array",
        OrderedFields([("array", TensorFacts(file.elementType?.rawValue, file.shape))]))
    case "npz":
      let archive = try NPZArchive(url)
      self.init(
        "NumPy archive",
        OrderedFields(
          try archive.names.map {
            let array = try archive.outline($0)
            return ($0, TensorFacts(array.type, array.shape))
          }))
    case "safetensors": self.init("safetensors", SafetensorsFacts(try SafetensorsFile(url)))
    case "gguf": self = try model(.gguf(url))
    case "pkl", "pickle":
      var facts = try DictionaryFacts(try DictionaryLocation.open(url), verify: verify)
      facts.published = try PublishedMetadata.beside(url).map(DictionaryFacts.Published.init)
      self.init("reference pickle", facts)
    default:
      throw StorageError(
        .wrongKind,
        "expected .epdict, .epstore, .pkl, .npy, .npz, .safetensors, .gguf, a model or a folder of shards",
        file: url.lastPathComponent)
    }
  }

  private static func holdsGGUF(_ folder: URL) -> Bool {
    let names = try? FileManager.default.contentsOfDirectory(
      atPath: folder.path(percentEncoded: false))
    return names?.contains { $0.lowercased().hasSuffix(".gguf") } ?? false
  }

  /// What a dictionary's counts are of, which stand side by side.
  private static let counted = [
    "activations": "activations streamed", "documents": "texts of kept contexts",
    "members": "members of all regions",
  ]

  /// The record as a person reads it: a fact a line, those of a part under its name.
  package var lines: [(name: String, value: JSONValue)] {
    JSONValue(encoding: self).entries.dropFirst().flatMap {
      name, value -> [(name: String, value: JSONValue)] in
      guard ["published", "canDo"].contains(name), case .object(let parts) = value else {
        return [(kind == "dictionary" ? Self.counted[name] ?? name : name, value)]
      }
      return parts.map { ("\(name == "canDo" ? "" : "published ")\($0.0)", $0.1) }
    }
  }
}
