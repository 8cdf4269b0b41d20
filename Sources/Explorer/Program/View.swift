import Terminal

/// Draws the state. What is drawn depends on the arguments alone.
///
/// - Complexity: O(cells of the screen), however many regions there are.
package func view(_ state: Session, theme: Theme, into screen: inout Cells) {
  screen.fill(screen.bounds, style: theme.style("text"))
  guard !state.isTooSmall else {
    TooSmallView.draw(into: &screen, theme: theme)
    return
  }
  let layout = ScreenLayout(columns: screen.columns, rows: screen.rows)
  FrameView(state: state, theme: theme).draw(into: &screen, layout: layout)
  if state.screen == .lab, let lab = state.lab {
    LabView(state: state, lab: lab, theme: theme).draw(into: &screen)
  } else if state.screen == .compare, let compare = state.compare {
    CompareView(compare: compare, theme: theme).draw(into: &screen, body: layout.body)
  } else if state.screen == .saved, let saved = state.saved {
    ResultsView(state: state, saved: saved, theme: theme).draw(into: &screen, body: layout.body)
  } else if state.screen == .trace, let trace = state.trace {
    TraceView(state: state, trace: trace, theme: theme).draw(into: &screen)
  } else if state.screen == .trajectory, let trajectory = state.trajectory {
    LineageView(trajectory: trajectory, theme: theme).draw(into: &screen, body: layout.body)
  } else if state.screen == .regions, let regions = state.regions {
    RegionsView(state: state, regions: regions, theme: theme).draw(
      into: &screen, body: layout.body)
  } else {
    LibraryView(state: state, theme: theme).draw(into: &screen, body: layout.body)
  }
  if let tour = state.tour, state.overlay == nil,
    state.screen == .library || state.screen == .regions
  {
    TourView(state: state, tour: tour, theme: theme).draw(into: &screen, body: layout.body)
  }
  switch state.overlay {
  case .help(let help):
    HelpView(state: state, help: help, theme: theme).draw(into: &screen, body: layout.body)
  case .palette(let palette):
    PaletteView(state: state, palette: palette, theme: theme).draw(
      into: &screen, body: layout.body)
  case .log(let log):
    LogView(state: state, log: log, theme: theme).draw(into: &screen, body: layout.body)
  case .question(let question):
    QuestionView(question: question, theme: theme).draw(into: &screen, body: layout.body)
  case .themes(let picker):
    ThemePickerView(state: state, picker: picker, theme: theme).draw(
      into: &screen, body: layout.body)
  case .export, nil: break
  }
}
