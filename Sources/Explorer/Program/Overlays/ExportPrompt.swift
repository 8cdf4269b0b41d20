import Foundation
import Storage
import Terminal

extension Session {
  mutating func beginExport() {
    guard let offer = top.export(in: self) else {
      return say(.note, "there is nothing on this screen to export")
    }
    present(.export(TextField(offer.name)))
  }
}

/// The name of a file to write what the screen shows to.
struct ExportPrompt: Panel {
  var field: TextField

  var layers: [KeyLayer] { [.field] }
  var textField: TextField? { field }

  func hints(in session: Session) -> [KeyHints.Hint] {
    [KeyHints.one(.accept, "write"), KeyHints.one(.cancelField)]
  }

  func handle(_ command: Command, in session: inout Session) -> [Effect] {
    switch command {
    case .cancelField: session.overlay = nil
    case .accept:
      let name = field.text.trimmingCharacters(in: .whitespaces)
      guard !name.isEmpty else { return [] }
      return write(to: name, in: &session)
    default: break
    }
    return []
  }

  private func write(to name: String, in session: inout Session) -> [Effect] {
    guard let offer = session.top.export(in: session) else {
      session.overlay = nil
      return []
    }
    let suffix = URL(filePath: name).pathExtension.lowercased()
    guard offer.forms.contains(suffix) else {
      session.say(.error, "the name must end in \(offer.words), which says in what form")
      return []
    }
    session.overlay = nil
    let path = UserFolders.expandingHome(name)
    guard case .table(_, let table) = offer.content, let form = ScreenExport.Form(rawValue: suffix)
    else { return session.act(on: session.screen) { $0.write(to: path, in: &$1) } ?? [] }
    let made = table()
    return [session.ask(.exportFile(path: path, text: made.text(form), rows: made.rowCount))]
  }

  func drawPrompt(_ pen: inout Pen, into screen: inout Cells, in session: Session) -> Bool {
    guard session.message == nil else { return false }
    let offer = session.top.export(in: session)
    let title =
      switch offer?.content {
      case .table(let rows, _): "write \(Figures.count(rows, "row")) to "
      case .own: "write the result to "
      case nil: "write to "
      }
    let forms = offer?.words ?? ""
    pen.write(title, "title", into: &screen)
    let columns = max(12, min(50, pen.room - 3 - DisplayWidth.of(forms)))
    screen.drawField(field, row: pen.row, column: pen.column, columns: columns, theme: pen.theme)
    pen.skip(columns + 2)
    pen.write(forms, "text.dim", into: &screen)
    return true
  }
}
