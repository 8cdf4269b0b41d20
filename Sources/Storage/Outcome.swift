/// What became of a prompt, as its continuation reads. The raw values stand in files and in JSON.
package enum Outcome: String, Sendable, Codable, CaseIterable {
  /// Declines to do what was asked.
  case refused
  /// Does what was asked, or begins to, however well.
  case complied
  /// No text that could do either: empty, one symbol, or a loop.
  case degenerate
  /// Text that does neither: a question back, an apology about something else, a bare preamble.
  case unclear
}
