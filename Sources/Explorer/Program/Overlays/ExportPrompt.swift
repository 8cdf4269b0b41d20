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
    let offer = session.top.export(in: session)
    let suffix = URL(filePath: name).pathExtension.lowercased()
    let path = UserFolders.expandingHome(name)
    switch offer?.content {
    case .own(let forms):
      guard forms.contains(suffix) else {
        session.say(.error, "the name must end in \(words(of: forms)), which says in what form")
        return []
      }
      session.overlay = nil
      return session.act(on: session.screen) { $0.write(to: path, in: &$1) } ?? []
    case .table(_, let table):
      guard let form = ScreenExport.Form(rawValue: suffix) else {
        session.say(.error, "the name must end in .tsv or .jsonl, which says in what form")
        return []
      }
      session.overlay = nil
      let table = table()
      return [session.ask(.exportFile(path: path, text: table.text(form), rows: table.rowCount))]
    case nil:
      session.overlay = nil
      return []
    }
  }

  /// `.json, .csv or .svg`
  private func words(of forms: [String]) -> String {
    let all = forms.map { ".\($0)" }
    return all.dropLast().joined(separator: ", ") + " or " + (all.last ?? "")
  }

  func drawPrompt(_ pen: inout Pen, into screen: inout Cells, in session: Session) -> Bool {
    guard session.message == nil else { return false }
    let (title, forms) =
      switch session.top.export(in: session)?.content {
      case .table(let rows, _):
        ("write \(Figures.count(rows, "row")) to ", ".tsv or .jsonl")
      case .own(let forms): ("write the result to ", words(of: forms))
      case nil: ("write to ", "")
      }
    pen.write(title, "title", into: &screen)
    let columns = max(12, min(50, pen.room - 18))
    screen.drawField(field, row: pen.row, column: pen.column, columns: columns, theme: pen.theme)
    pen.skip(columns + 2)
    pen.write(forms, "text.dim", into: &screen)
    return true
  }
}
