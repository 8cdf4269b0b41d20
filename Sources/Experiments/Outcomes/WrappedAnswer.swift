import Foundation

/// An answer that was given as the value of a JSON object, with or without a fence around it: `{"response": "…"}`.
struct WrappedAnswer {
  /// The texts in it, the longest first.
  let texts: [String]

  /// Longer answers are not looked into.
  private static let longest = 100_000

  /// `nil` for anything but one object that holds a text.
  init?(_ text: String) {
    guard text.utf8.count <= Self.longest else { return nil }
    var body = Substring(text).trimmed
    if body.hasPrefix("```"), body.hasSuffix("```"), let line = body.firstIndex(of: "\n") {
      body = body[line...].dropLast(3).trimmed
    }
    guard body.hasPrefix("{"), body.hasSuffix("}"),
      let object = try? JSONSerialization.jsonObject(with: Data(body.utf8)),
      let members = object as? [String: Any]
    else { return nil }
    texts = members.values.compactMap { $0 as? String }
      .sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) }
    if texts.isEmpty { return nil }
  }
}

extension Substring {
  fileprivate var trimmed: Substring {
    var text = drop { $0.isWhitespace }
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
  }
}
