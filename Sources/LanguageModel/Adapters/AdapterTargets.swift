/// Which modules an adapter's settings say it is of, as the PEFT library decides it.
///
/// PEFT makes updates for these alone, and passes over what else a file holds.
///
/// - Source: `BaseTuner` and `check_target_module_exists` of peft 0.21.
struct AdapterTargets: Sendable {
  private enum Names: Sendable {
    case whole(NamePattern)
    case ends([String])

    func hold(_ path: String) throws -> Bool {
      switch self {
      case .whole(let pattern): try pattern.matchesWhole(path)
      case .ends(let names): names.contains { path == $0 || path.hasSuffix("." + $0) }
      }
    }
  }

  /// `nil` where the settings leave it to the library, or take all there are.
  private let targets: Names?
  private let excluded: Names?
  private let layers: Set<Int>?
  private let layerNames: [String]

  /// - Throws: `ModelError.unsupported`, `malformedConfiguration`.
  init(_ configuration: HubConfiguration) throws {
    targets = try Self.names("target_modules", configuration)
    excluded = try Self.names("exclude_modules", configuration)
    if let one = try? configuration.integer("layers_to_transform") {
      layers = [one]
    } else {
      let listed = try configuration.integers("layers_to_transform") ?? []
      layers = listed.isEmpty ? nil : Set(listed)
    }
    if let one = try? configuration.string("layers_pattern") {
      layerNames = one.isEmpty ? [] : [one]
    } else {
      layerNames = try configuration.strings("layers_pattern") ?? []
    }
    for name in layerNames where !name.allSatisfy({ $0.isLetter || $0.isNumber || $0 == "_" }) {
      throw ModelError(
        .unsupported,
        "adapter_config.json: layers_pattern \(ModelError.printable(name)) is not the name of a list"
      )
    }
  }

  private static func names(_ key: String, _ configuration: HubConfiguration) throws -> Names? {
    guard configuration.isSet(key) else { return nil }
    guard let text = try? configuration.string(key) else {
      return try configuration.strings(key).map { .ends($0) }
    }
    return text.isEmpty || text == "all-linear" ? nil : .whole(try NamePattern(text))
  }

  /// Whether PEFT would give the module at `path` an update.
  func hold(_ path: String) throws -> Bool {
    if let excluded, try excluded.hold(path) { return false }
    guard let targets else { return true }
    guard try targets.hold(path) else { return false }
    guard let layers, case .ends(let names) = targets, !names.contains(path) else { return true }
    return layer(of: path).map(layers.contains) ?? false
  }

  /// The number behind the first list of layers in a path.
  private func layer(of path: String) -> Int? {
    let parts = path.split(separator: ".", omittingEmptySubsequences: false).map { String($0) }
    func number(from first: Int, _ isList: (String) -> Bool) -> Int? {
      guard parts.count >= first + 2 else { return nil }
      return (first..<parts.count - 1).first {
        isList(parts[$0 - 1]) && AdapterTargets.isNumber(parts[$0])
      }.flatMap { Int(parts[$0]) }
    }
    guard !layerNames.isEmpty else { return number(from: 2) { _ in true } }
    for name in layerNames {
      if let found = number(from: 1, { $0 == name }) { return found }
    }
    return nil
  }

  /// Whether a module is one of a numbered block's, and not the head or an embedding.
  static func isOfBlock(_ path: String) -> Bool {
    path.split(separator: ".").contains { isNumber(String($0)) }
  }

  private static func isNumber(_ part: String) -> Bool {
    !part.isEmpty && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
  }
}
