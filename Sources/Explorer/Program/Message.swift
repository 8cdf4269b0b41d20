/// Something worth telling, in the status line and later in the log.
package struct Message: Equatable, Sendable {
  package enum Kind: String, Equatable, Sendable {
    case note, success, error
  }

  package var kind: Kind
  package var text: String
  /// Since the session began.
  package var time: Duration

  package init(_ kind: Kind, _ text: String, time: Duration) {
    self.kind = kind
    self.text = text
    self.time = time
  }
}
