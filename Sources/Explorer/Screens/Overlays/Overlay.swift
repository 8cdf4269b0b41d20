import Storage

/// What lies over the screen and has the keyboard.
package enum Overlay: Equatable, Sendable {
  case help(HelpState)
  case palette(PaletteState)
  case log(LogState)
  case question(Question)
  case themes(ThemePicker)
  /// The name of the file to write.
  case export(TextField)
}

/// The help screen: every command, or those that a search by name or key leaves.
package struct HelpState: Equatable, Sendable {
  package var field = TextField()
  /// First line on screen.
  package var top = 0
}

/// The palette: commands that a few letters leave, best first.
package struct PaletteState: Equatable, Sendable {
  package var field = TextField()
  package var cursor = 0
}

package struct LogState: Equatable, Sendable {
  /// Index of the selected entry, the newest last.
  package var cursor: Int
}

/// A question that waits for an answer.
package enum Question: Equatable, Sendable {
  case leave
  /// Labels the notebook did not take.
  case leaveUnsaved(regions: [Int])
  /// The notebook is empty, perhaps because it was damaged, and there is a copy of it.
  case takeCopy(Notebook.Offer, setAside: String?)
}

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
