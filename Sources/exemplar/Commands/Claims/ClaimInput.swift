import ArgumentParser
import ExemplarPartitioning
import Experiments
import Foundation
import Storage

extension Readout: ExpressibleByArgument {}
extension DocumentPooling: ExpressibleByArgument {}
extension ConceptDetection.Score: ExpressibleByArgument {}
extension ConceptDetection.Precision: ExpressibleByArgument {}
extension ReadoutBasis: ExpressibleByArgument {}
extension ConceptDetection.Selection: ExpressibleByArgument {}

/// Activations of a STORE argument with what is known of its documents.
struct ClaimInput {
  var source: ActivationSource
  var fields: DocumentFields

  /// - Parameters:
  ///   - dictionary: what the activations are for: of its hook, and of its model where both say which.
  ///   - labels: a file of labels, which wins over the store's own fields.
  ///   - other: lets activations of another model pass.
  init(
    _ argument: String, for dictionary: DictionaryFile, positions: Positions, labels: String? = nil,
    other: OtherModelOption
  ) throws {
    source = try Self.source(argument, for: dictionary, positions: positions, other: other)
    fields = try Self.fields(of: argument, labels: labels, split: nil) ?? DocumentFields()
  }

  static func source(
    _ argument: String, for dictionary: DictionaryFile, positions: Positions,
    other: OtherModelOption
  ) throws -> ActivationSource {
    let source = try source(argument, positions: positions, hook: dictionary.provenance.hook)
    try source.checkFits(dictionary, isOtherAllowed: other.otherModel)
    return source
  }

  /// Shards, rows or a store; of a store, `PATH#harmful,benign` takes these prompt sets alone.
  ///
  /// - Parameters:
  ///   - hook: read at this hook where the path is a store.
  ///   - split: of a store this split alone; `nil`, or `all`, for every one.
  static func source(
    _ argument: String, positions: Positions, hook: String?, split: String? = nil
  ) throws -> ActivationSource {
    let (url, sets) = try SetSelector.parse(argument)
    guard ActivationSource.isStore(url) else {
      return try ActivationSource(url, positions: positions)
    }
    return try ActivationSource(
      url, positions: positions,
      selection: StoreSelection(
        hook: hook, sets: sets, split: split == StoreSelection.allSplits ? nil : split))
  }

  /// The fields of documents: of a file of labels, or of the sets and the split of a store that are read; `nil` for what has
  /// neither.
  private static func fields(
    of argument: String, labels: String?, split: String?
  ) throws -> DocumentFields? {
    if let labels { return try DocumentFields(labels: URL(filePath: labels)) }
    let (url, sets) = try SetSelector.parse(argument)
    guard ActivationSource.isStore(url) else { return nil }
    return try DocumentFields(
      store: StoreFile(url), sets: sets, split: split == StoreSelection.allSplits ? nil : split)
  }

  /// The same, in which each of some names is a field.
  ///
  /// - Throws: for what has no fields, or not these; what ``DocumentFields/check(_:file:)`` throws.
  static func fields(
    _ names: [String], of argument: String, labels: String?, split: String?
  ) throws -> DocumentFields {
    let file = try SetSelector.parse(argument).0.lastPathComponent
    guard let fields = try fields(of: argument, labels: labels, split: split) else {
      throw ExperimentError(
        .missing,
        "expected --labels with the field \(oneLine(names.joined(separator: ", "))), found activations without fields",
        file: file)
    }
    for name in names { try fields.check(name, file: file) }
    return fields
  }

  /// The split that is read: of a store the one that was given, or its usual one; `nil` of other activations.
  ///
  /// - Throws: where a split, or a hook, was given for what has none.
  static func split(of argument: String, given: String?, hook: String?) throws -> String? {
    let (url, sets) = try SetSelector.parse(argument)
    if ActivationSource.isStore(url) {
      return try given ?? StoreFile(url).standardSplit(ofSets: sets)
    }
    guard given == nil, hook == nil else {
      throw ExperimentError(
        .unknownLayout,
        "\(given == nil ? "--hook" : "--split") needs a store, found other activations",
        file: url.lastPathComponent)
    }
    return nil
  }

  /// `NAME=PATH`, or a path, which is called what it ends in.
  static func named(_ text: String) -> (name: String, path: String) {
    let parts = text.split(separator: "=", maxSplits: 1)
    if parts.count == 2, !parts[0].contains("/"),
      !FileManager.default.fileExists(atPath: text)
    {
      return (String(parts[0]), String(parts[1]))
    }
    return (URL(filePath: text).lastPathComponent, text)
  }

  /// What a result says of a source it says by the source's name.
  static func checkNames(_ names: [String]) throws {
    var seen: Set<String> = []
    guard let twice = names.first(where: { !seen.insert($0).inserted }) else { return }
    throw ExperimentError(
      .invalidValue, "expected sources of different names, found two; NAME=PATH names one",
      file: twice)
  }
}
