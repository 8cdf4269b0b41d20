import Terminal

/// Something that happened: a key, an answer, time.
package enum Action: Equatable, Sendable {
  case start
  case key(KeyPress)
  case paste(String, isTruncated: Bool)
  case mouse(MouseEvent)
  case resize(columns: Int, rows: Int)
  /// Time since the session began; comes before every other action and at least twice a second.
  case tick(Duration)
  /// The terminal said what is behind its text.
  case background(Theme.Appearance)
  case interrupt
  case closed
  case run(Command)
  case replied(EffectID, Reply)
}
