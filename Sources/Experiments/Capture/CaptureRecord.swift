import Foundation
import Storage
import TensorFiles

/// What a worker wrote beside the activations of a folder: which model, library and template they are of.
///
/// A `capture.json` of one object. What it says is taken as said by whoever captured; nothing in it is checked against weights.
struct CaptureRecord: Decodable {
  static let file = "capture.json"

  var model: String?
  var modelHash: String?
  var revision: String?
  var architecture: String?
  var adapter: String?
  var adapterHash: String?
  var engine: String?
  var template: String?
  var templateHash: String?
  var templateDate: String?
  var templateExample: String?
  var system: String?
  var maxNewTokens: Int?
  var hooks: [String]?
  var documents: Int?

  /// - Throws: `ExperimentError` for a file that is no such object; `nil` where there is none.
  init?(of folder: URL) throws {
    let url = folder.appending(path: Self.file)
    guard FileManager.default.fileExists(atPath: url.path(percentEncoded: false)) else {
      return nil
    }
    let data = try OrdinaryFile.data(url, limit: 1 << 20)
    do {
      self = try JSONDecoder().decode(Self.self, from: Data(data))
    } catch {
      throw ExperimentError(
        .invalidValue,
        "expected a JSON object with model, engine and template as texts, documents and maxNewTokens as numbers, and hooks as a list",
        file: Self.file)
    }
  }

  /// Says what nobody else does; what is given beside it has to be the same.
  ///
  /// - Throws: `ExperimentError.mismatch` naming both.
  func fill(_ provenance: inout StoreProvenance) throws {
    func fill(_ field: WritableKeyPath<StoreProvenance, String?>, _ own: String?, _ name: String)
      throws
    {
      guard let own else { return }
      if let given = provenance[keyPath: field], given != own {
        throw ExperimentError(
          .mismatch,
          "records the \(name) \(TensorFileError.printable(own)), but \(TensorFileError.printable(given)) was given",
          file: Self.file)
      }
      provenance[keyPath: field] = own
    }
    try fill(\.engine, engine, "engine")
    try fill(\.architecture, architecture, "architecture")
    try fill(\.template, template, "template")
    try fill(\.templateHash, templateHash, "template's hash")
    try fill(\.templateDate, templateDate, "template's day")
    try fill(\.templateExample, templateExample, "first prompt")
    try fill(\.system, system, "system turn")
    provenance.maxNewTokens = provenance.maxNewTokens ?? maxNewTokens
    if let revision {
      provenance.notes = [provenance.notes, "revision \(revision)"].compactMap(\.self)
        .joined(separator: "; ")
    }
  }

  /// - Throws: `ExperimentError` where the folder holds less than was to be captured, or other hooks.
  func check(documents found: Int, hooks names: [String]) throws {
    if let documents, documents != found {
      throw ExperimentError(
        .mismatch,
        "expected \(documents) documents, found \(found): a capture that was not finished goes on by its own command",
        file: StoreImport.documents)
    }
    if let hooks, hooks.sorted() != names.sorted() {
      throw ExperimentError(
        .mismatch,
        "records the hooks \(hooks.map(TensorFileError.printable).joined(separator: ", ")), the tensors are "
          + names.map(TensorFileError.printable).joined(separator: ", "), file: Self.file)
    }
  }
}

extension StoreImport {
  /// The model and adapter that a folder of `documents.jsonl` says it is of; empty where it says none.
  package static func recorded(of folder: URL) throws -> DictionaryProvenance {
    var provenance = DictionaryProvenance()
    guard let record = try CaptureRecord(of: folder) else { return provenance }
    (provenance.model, provenance.modelHash) = (record.model, record.modelHash)
    (provenance.adapter, provenance.adapterHash) = (record.adapter, record.adapterHash)
    return provenance
  }
}
