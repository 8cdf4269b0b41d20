import Terminal

/// The box that overlays are drawn in.
enum OverlayBox {
  static func draw(
    _ box: Rect, title: String, theme: Theme, into screen: inout Cells
  ) -> Rect {
    let overlay = theme.style("overlay")
    screen.fill(box, style: overlay)
    return screen.drawBox(
      box, title: title, style: theme.style("border.focused").over(overlay),
      titleStyle: theme.style("overlay.title").over(overlay))
  }
}
