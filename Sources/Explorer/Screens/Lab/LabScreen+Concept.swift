import Experiments
import Terminal

/// What is counted in answers beside refusals: written in the line at the bottom, as the command line takes it.
extension LabScreen {
  mutating func beginConcept() { conceptField = TextField(selecting: counting?.words ?? "") }

  var textField: TextField? { conceptField }

  mutating func take(_ field: TextField, in session: inout Session) -> [Effect] {
    conceptField = field
    return []
  }

  /// `nil` while nothing is written.
  mutating func runInConcept(_ command: Command, in session: inout Session) -> [Effect]? {
    guard let field = conceptField else { return nil }
    if let effects = edit(command, in: &session) { return effects }
    switch command {
    case .cancelField: conceptField = nil
    case .accept:
      guard !field.text.allSatisfy(\.isWhitespace) else {
        (counting, conceptField) = (nil, nil)
        return []
      }
      do {
        counting = try AnswerConcept(field.text)
        conceptField = nil
      } catch {
        session.say(.error, words(of: error))
      }
    default: break
    }
    return []
  }

  func drawPrompt(
    _ pen: inout Pen, into screen: inout Cells, area: Rect, in session: Session
  ) -> Bool {
    // What is wrong with it has the line until the next key.
    guard let conceptField, session.message == nil else { return false }
    screen.drawPrompt(
      "count answers with ", conceptField, facts: "words: sorry, as an AI · regex: PATTERN",
      reserved: 40, &pen, area)
    return true
  }
}
