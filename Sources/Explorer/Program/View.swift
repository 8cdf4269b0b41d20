import Terminal

/// Draws the session. What is drawn depends on the arguments alone.
///
/// - Complexity: O(cells of the screen), however many regions there are.
package func view(_ session: Session, theme: Theme, into screen: inout Terminal.Screen) {
  screen.fill(screen.bounds, style: theme.style("text"))
  guard !session.isTooSmall else {
    TooSmallView.draw(into: &screen, theme: theme)
    return
  }
  let layout = ScreenLayout(columns: screen.columns, rows: screen.rows)
  let top = session.top
  top.draw(into: &screen, area: layout.body, theme: theme, in: session)
  FrameView(session: session, top: top, theme: theme).draw(into: &screen, layout: layout)
  // What is written or chosen in the body has the room; a search is written in the line below.
  let isBodyInUse = top.layers != top.restingLayers && top.layers.first != .searchField
  if let tour = session.tour, session.overlays.isEmpty, type(of: top).tourStep != nil,
    !isBodyInUse
  {
    TourView(session: session, tour: tour, theme: theme).draw(into: &screen, body: layout.body)
  }
  for overlay in session.overlays {
    overlay.panel.draw(into: &screen, area: layout.body, theme: theme, in: session)
  }
}
