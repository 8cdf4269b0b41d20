import Foundation
import Storage
import Terminal

extension Session {
  /// Asks for the region's id, label and context to be copied, separated by tabs; without live controls, because it may be
  /// pasted into a shell.
  mutating func copyRow() -> [Effect] {
    guard let regions, let region = regions.selected else { return [] }
    let fields = [String(region), regions.label(of: region)?.text ?? "", chosenContext ?? ""]
    return copy(
      fields.map { sanitized($0, whitespace: .spaces) }.joined(separator: "\t"),
      "the region's id, label and context")
  }

  mutating func copyContext() -> [Effect] {
    guard let text = chosenContext else {
      say(.note, "no context to copy: the dictionary has no text for it")
      return []
    }
    return copy(sanitized(text, whitespace: .spaces), "the context")
  }

  /// A command that opens the explorer here.
  mutating func copyLink() -> [Effect] {
    guard let regions, let region = regions.selected else { return [] }
    let path = regions.dictionary.url.path(percentEncoded: false)
    let link = "exemplar \(Self.quoted(path)) --region \(region)"
    return copy(sanitized(link, whitespace: .spaces), link)
  }

  private mutating func copy(_ text: String, _ what: String) -> [Effect] {
    copying = what
    return [ask(.copy(text))]
  }

  /// The context under the cursor, or the region's closest.
  private var chosenContext: String? {
    guard let regions, let region = regions.selected else { return nil }
    let loaded = regions.detail.flatMap { $0.detail.id == region ? $0 : nil }
    let place = regions.focus == .contexts ? regions.place : ContextPlace()
    let contexts = loaded?.contexts(place.kind) ?? []
    return contexts.indices.contains(place.index) ? contexts[place.index].text : nil
  }

  /// As a shell takes it for one word.
  static func quoted(_ word: String) -> String {
    let plain = word.allSatisfy {
      $0.isASCII && ($0.isLetter || $0.isNumber || "/._-+,=@".contains($0))
    }
    return plain && !word.isEmpty
      ? word : "'" + word.replacing("'", with: "'\\''") + "'"
  }
}
