import Foundation
import Storage
import Terminal

extension Session {
  mutating func beginExport() {
    guard screenExport != nil else {
      return say(.note, "there is nothing on this screen to export")
    }
    overlay = .export(TextField(suggestedExportName))
  }

  /// Named after what is shown.
  private var suggestedExportName: String {
    if screen == .trajectory { return "lineage.tsv" }
    if screen == .trace { return "trace.tsv" }
    guard screen == .regions, let regions else { return "library.tsv" }
    let title = regions.dictionary.title
    guard regions.focus == .contexts, let region = regions.selected else { return "\(title).tsv" }
    return "\(title).region-\(region).tsv"
  }

  mutating func runInExport(_ command: Command, _ field: TextField) -> [Effect] {
    switch command {
    case .cancelField: overlay = nil
    case .accept:
      let name = field.text.trimmingCharacters(in: .whitespaces)
      guard !name.isEmpty else { return [] }
      let suffix = URL(filePath: name).pathExtension.lowercased()
      if screen == .saved, let page = saved?.page {
        guard ["json", "csv", "svg"].contains(suffix) else {
          say(.error, "the name must end in .json, .csv or .svg, which says in what form")
          return []
        }
        overlay = nil
        let path = UserFolders.expandingHome(name)
        return [ask(.kept(.export(page.experiment.id, path: path)))]
      }
      guard let form = ScreenExport.Form(rawValue: suffix) else {
        say(.error, "the name must end in .tsv or .jsonl, which says in what form")
        return []
      }
      overlay = nil
      guard let export = screenExport else { return [] }
      return [
        ask(
          .exportFile(
            path: UserFolders.expandingHome(name), text: export.text(form),
            rows: export.rowCount))
      ]
    default: break
    }
    return []
  }
}
