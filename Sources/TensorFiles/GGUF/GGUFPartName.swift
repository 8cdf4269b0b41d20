import Foundation

/// A file name such as `model-00001-of-00003.gguf`, as llama.cpp names the parts of a model.
package struct GGUFPartName: Equatable, Sendable {
  package var stem: String
  /// From 1.
  package var number: Int
  package var count: Int

  /// `nil` where the name is not a part's.
  package init?(_ name: String) {
    guard let match = name.wholeMatch(of: /(.*)-([0-9]{5})-of-([0-9]{5})\.gguf/),
      let number = Int(match.2), let count = Int(match.3), (1...count).contains(number)
    else { return nil }
    (stem, self.number, self.count) = (String(match.1), number, count)
  }

  /// The name of another part of the same model.
  package func sibling(_ number: Int) -> String {
    "\(stem)-\(Self.digits(number))-of-\(Self.digits(count)).gguf"
  }

  static func digits(_ number: Int) -> String { String(format: "%05d", number) }
}
