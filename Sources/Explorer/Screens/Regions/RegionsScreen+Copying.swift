import Experiments
import Foundation
import Storage
import Terminal

extension RegionsScreen {
  /// Asks for the region's id, label and context to be copied, separated by tabs; without live controls, because it may be
  /// pasted into a shell.
  func copyRow(in session: inout Session) -> [Effect] {
    guard let region = selected else { return [] }
    let fields = [String(region), label(of: region)?.text ?? "", chosenContext ?? ""]
    return session.copy(
      fields.map { sanitized($0, whitespace: .spaces) }.joined(separator: "\t"),
      "the region's id, label and context")
  }

  func copyContext(in session: inout Session) -> [Effect] {
    guard let text = chosenContext else {
      session.say(.note, "no context to copy: the dictionary has no text for it")
      return []
    }
    return session.copy(sanitized(text, whitespace: .spaces), "the context")
  }

  /// A command that opens the explorer here.
  func copyLink(in session: inout Session) -> [Effect] {
    guard let region = selected else { return [] }
    let path = dictionary.url.path(percentEncoded: false)
    let link = "exemplar \(Self.quoted(path)) --region \(region)"
    return session.copy(sanitized(link, whitespace: .spaces), link)
  }

  /// The context under the cursor, or the region's closest.
  private var chosenContext: String? {
    selectedDetail?.context(focus == .contexts ? place : ContextPlace())?.text
  }

  /// As a shell takes it for one word.
  static func quoted(_ word: String) -> String {
    let plain = word.allSatisfy {
      $0.isASCII && ($0.isLetter || $0.isNumber || "/._-+,=@".contains($0))
    }
    return plain && !word.isEmpty ? word : shellQuoted(word)
  }
}
