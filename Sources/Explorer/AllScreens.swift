import Foundation

extension ScreenTypes {
  /// Every screen there is: the line of a new one.
  package static let all = ScreenTypes(
    home: LibraryScreen.self,
    [
      RegionsScreen.self, CompareScreen.self, LineageScreen.self, LabScreen.self, TraceScreen.self,
      ResultsScreen.self, AnswersScreen.self, PlaygroundScreen.self,
    ])
}

extension Session {
  package init(paths: [URL], columns: Int, rows: Int, keymap: Keymap = .standard) {
    self.init(paths: paths, columns: columns, rows: rows, keymap: keymap, screens: .all)
  }

  /// The state that a recorded session began with.
  package init(_ header: SessionLog.Header) {
    self.init(
      paths: header.paths.map { URL(filePath: $0) }, columns: header.columns, rows: header.rows)
    themes.forced = header.theme
    startRegion = header.region
  }
}
