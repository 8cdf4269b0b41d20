import Foundation

/// What a published dictionary is called: model, layer and p, as the reference's `from_hub` asks for them.
///
/// In its repository it lies at `{model}_L{layer}_p{p}/{model}_layer{layer}.pkl`.
package struct PublishedName: Sendable, Hashable, CustomStringConvertible {
  package var model: String
  package var layer: Int
  /// As its folder spells it: `10`, `0p5`.
  package var percentileText: String

  /// p, where the folder's spelling is a number.
  package var percentile: Double? {
    Double(percentileText.replacing("p", with: ".", maxReplacements: 1))
  }

  /// `gemma-2-2b/12/10`.
  package var description: String { "\(model)/\(layer)/\(percentileText)" }

  package var folder: String { "\(model)_L\(layer)_p\(percentileText)" }
  package var file: String { "\(model)_layer\(layer).pkl" }
  package var path: String { "\(folder)/\(file)" }

  /// Of a pickle by the name of its folder and its own; `nil` where they do not go by the layout.
  package init?(folder: String, file: String) {
    guard let name = Self.parts(ofFolder: folder),
      let own = Self.parts(ofFile: file), own == (name.model, name.layer)
    else { return nil }
    self = name
  }

  /// Of a path within a repository.
  package init?(path: String) {
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count >= 2 else { return nil }
    self.init(folder: String(parts[parts.count - 2]), file: String(parts[parts.count - 1]))
  }

  /// As a person writes it: `gemma-2-2b/12/10`, `gemma-2-2b_L12_p10`, or the path of the pickle.
  package init?(given: String) {
    if let name = Self(path: given) ?? Self.parts(ofFolder: given) {
      self = name
      return
    }
    let parts = given.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 3, !parts[0].isEmpty, let layer = Self.natural(parts[1]),
      !parts[2].isEmpty
    else { return nil }
    let text = parts[2].hasPrefix("p") ? parts[2].dropFirst() : parts[2]
    (model, self.layer) = (String(parts[0]), layer)
    // The reference writes 0.5 as 0p5, and leaves the fraction of a whole number out.
    let whole = text.hasSuffix(".0") ? text.dropLast(2) : text
    percentileText = String(whole).replacing(".", with: "p")
  }

  /// `gemma-2-2b_L12_p10`.
  static func parts(ofFolder folder: String) -> PublishedName? {
    guard let match = folder.wholeMatch(of: /(.+)_L([0-9]{1,4})_p([0-9]+(?:p[0-9]+)?)/),
      let layer = Int(match.output.2)
    else { return nil }
    return PublishedName(
      model: String(match.output.1), layer: layer, percentileText: String(match.output.3))
  }

  /// `gemma-2-2b_layer12.pkl`.
  static func parts(ofFile file: String) -> (model: String, layer: Int)? {
    guard let match = file.wholeMatch(of: /(.+)_layer([0-9]{1,4})\.pkl/),
      let layer = Int(match.output.2)
    else { return nil }
    return (String(match.output.1), layer)
  }

  private static func natural(_ text: Substring) -> Int? {
    let digits = text.hasPrefix("L") ? text.dropFirst() : text
    guard digits.allSatisfy(\.isASCII), let number = Int(digits), (0...9999).contains(number)
    else { return nil }
    return number
  }

  private init(model: String, layer: Int, percentileText: String) {
    (self.model, self.layer, self.percentileText) = (model, layer, percentileText)
  }
}

/// Where in the hub cache a file lies, by its path: the repository and the commit that it was fetched from.
package struct HubPlace: Sendable, Equatable {
  package enum Kind: String, Sendable, CaseIterable {
    case dataset = "datasets"
    case model = "models"
  }

  package var kind: Kind
  /// `J-RUM/exemplar-partitioning`.
  package var repository: String
  package var revision: String

  /// Of a file in a snapshot; `nil` for what lies elsewhere.
  package init?(_ url: URL) { self.init(url, depth: 2) }

  /// Of a snapshot's folder.
  package init?(snapshot url: URL) { self.init(url, depth: 1) }

  private init?(_ url: URL, depth: Int) {
    let parts = url.absoluteURL.standardizedFileURL.pathComponents
    guard let place = parts.lastIndex(of: "snapshots"), place > 0, parts.count > place + depth,
      let (kind, repository) = Self.repository(ofFolder: parts[place - 1])
    else { return nil }
    (self.kind, self.repository, revision) = (kind, repository, parts[place + 1])
  }

  /// `datasets--J-RUM--exemplar-partitioning`.
  package static func folder(_ kind: Kind, _ repository: String) -> String {
    ([kind.rawValue] + repository.split(separator: "/").map(String.init)).joined(separator: "--")
  }

  package static func repository(ofFolder name: String) -> (kind: Kind, repository: String)? {
    for kind in Kind.allCases where name.hasPrefix(kind.rawValue + "--") {
      let rest = String(name.dropFirst(kind.rawValue.count + 2))
      guard !rest.isEmpty else { return nil }
      return (kind, rest.replacing("--", with: "/"))
    }
    return nil
  }
}
