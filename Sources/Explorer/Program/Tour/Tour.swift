import Terminal

/// The tour: a card that says what to press next, and goes on when it was pressed.
package struct Tour: Equatable, Sendable {
  /// Raised when the steps change so much that those who saw the earlier ones should see them.
  package static let version = 1
  package static let stepCount = 6

  /// What the step about searching says to look for: every sample has contexts with it.
  static let word = "cook"

  /// The samples that the cards speak of, by identity: a model's dictionary, and that of the same model after a short tuning,
  /// which is the one to begin with.
  static let samples = (
    untuned: "bbd7a5a71526fdf03c43fc013ce65d446fca988ea6d7878e26a3a12344341f48",
    tuned: "867eceeb89b7ac37f8fd67618de961f56b74a1f81396e68a1c85a1542bbc2dec"
  )

  /// 0...5.
  package var step = 0
  /// The region that was selected when the step began.
  var region: Int?
  /// Labels there were when the step began.
  var labels = 0
  /// Whether the help or the palette lay over the screen during the last step.
  var hasLookedUp = false

  package init(step: Int = 0) { self.step = step }

  struct Card: Equatable {
    var title: String
    var text: String
    /// What to press, and what for.
    var commands: [Command]
    var action: String
  }

  /// In the words of the keymap that is in force.
  var card: Card {
    switch step {
    case 0:
      Card(
        title: "The library",
        text: "Everything that can be opened, by model. The refusal dictionaries are of the same "
          + "model after a short tuning: it refuses most, so begin with this one.",
        commands: [.openSelected],
        action: "opens the selected dictionary")
    case 1:
      Card(
        title: "Regions",
        text: "A row is a region of activation space: one observed exemplar and all that is "
          + "near it. The lower or right pane shows what the selected one holds.",
        commands: [.moveDown, .moveUp], action: "move to another region")
    case 2:
      Card(
        title: "Search",
        text: "Words of labels and contexts are found as you type. Try \(Self.word), and keep the "
          + "result with Enter.", commands: [.search], action: "searches")
    case 3:
      Card(
        title: "Evidence",
        text: "‹…› marks the token that was active. 0.00θ is the exemplar itself, 1.00θ the "
          + "region's rim.", commands: [.readContexts], action: "reads the contexts")
    case 4:
      Card(
        title: "Labels",
        text: "Say in your own words what the region holds, and Enter keeps it in your notebook. "
          + "It can be undone.", commands: [.label], action: "labels the region")
    default:
      Card(
        title: "Everything else",
        text: "Esc goes back, Tab changes panes. The line at the bottom shows the keys that "
          + "count now; :tour shows this again.", commands: [.help, .palette],
        action: "find every key and every command")
    }
  }
}

extension Session {
  /// Begins it on this screen, or on one that it is about.
  mutating func beginTour() -> [Effect] {
    var effects: [Effect] = []
    if type(of: top).tourStep == nil {
      // To the one that is furthest on.
      let open = screenTypes.all.last { $0.tourStep != nil && openScreens[$0.name] != nil }
      if let open, open.name != screenTypes.home.name {
        go(to: open.name)
      } else {
        effects = goHome()
      }
    }
    tour = Tour(step: type(of: top).tourStep ?? 0)
    rememberTourPlace()
    return effects
  }

  mutating func endTour() -> [Effect] {
    guard tour != nil else {
      say(.note, "there is no tour under way; :tour begins it")
      return []
    }
    tour = nil
    say(.note, ":tour shows it again")
    return [ask(.remember(.tourSeen(version: Tour.version)))]
  }

  mutating func nextTourStep() -> [Effect] {
    guard let step = tour?.step else {
      say(.note, "there is no tour under way; :tour begins it")
      return []
    }
    guard step + 1 < Tour.stepCount else { return endTour() }
    // The other steps are about a dictionary that is open.
    if step == 0, type(of: top).tourStep == 0 { return run(.openSelected) }
    tour?.step = step + 1
    rememberTourPlace()
    return []
  }

  /// Goes on when what the card asked for was done.
  ///
  /// - Returns: what keeps in mind that it was seen to its end.
  mutating func followTour() -> [Effect] {
    guard let tour else { return [] }
    let isLast = tour.step + 1 == Tour.stepCount
    switch overlay {
    case .help, .palette: self.tour?.hasLookedUp = isLast
    case nil where isLast: return tour.hasLookedUp ? endTour() : []
    case nil where top.isDone(tour):
      self.tour?.step = tour.step + 1
      rememberTourPlace()
    default: break
    }
    return []
  }

  private mutating func rememberTourPlace() {
    guard var tour else { return }
    (tour.region, tour.labels) = (nil, 0)
    for open in openScreens.values { open.screen.begin(&tour) }
    self.tour = tour
  }
}
