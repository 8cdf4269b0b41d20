extension Command {
  static let everywhereRows: [Row] = [
    // MARK: Everywhere
    Row(
      .help, .everywhere, "Help", help: "every command and its keys, to be searched by either",
      keys: [.general: "? F1"]),
    Row(
      .palette, .everywhere, "Commands", short: "commands",
      help: "any command by a few letters; a number is a region", keys: [.general: ":"],
      isOffered: false),
    Row(
      .log, .everywhere, "Log", help: "messages and errors of this session", keys: [.general: "!"]),
    Row(
      .back, .everywhere, "Go back", help: "one step back: from zoom, pane, search, to the library",
      keys: [.general: "Esc", .log: "! q"]),
    Row(.library, .everywhere, "Open the library", help: "the dictionaries that can be opened"),
    Row(.quit, .everywhere, "Quit", help: "leave the explorer", keys: [.general: "q"]),
    Row(
      .cancelOrQuit, .everywhere, "Cancel work",
      help: "stop the work under way, or ask whether to leave", keys: [.general: "Ctrl-c"]),
    Row(
      .redraw, .everywhere, "Redraw", help: "draw the whole screen again",
      keys: [.general: "Ctrl-l"]),
    Row(
      .toggleMouse, .everywhere, "Mouse on or off",
      help: "leave the mouse to the terminal, or take it back", keys: [.general: "M"]),
    Row(
      .chooseTheme, .everywhere, "Choose theme…",
      help: "choose the colours, and see each as you choose"),
    Row(
      .export, .everywhere, "Export what is listed…",
      help: "write what is listed to a file: TSV, JSONL, or a page", keys: [.general: "E"]),
    Row(
      .growPane, .everywhere, "Grow pane", help: "more room for the pane with the keyboard",
      keys: [.general: "+"]),
    Row(
      .shrinkPane, .everywhere, "Shrink pane", help: "less room for the pane with the keyboard",
      keys: [.general: "-"]),
    Row(
      .cancelJob, .everywhere, "Cancel a job…",
      help: "cancel a job: the log lists what is under way", keys: [.log: "x"]),
    Row(.tour, .everywhere, "Take the tour", help: "six short steps through the explorer"),
    Row(
      .nextTourStep, .everywhere, "Next step of the tour", help: "next step of the tour",
      keys: [.tour: "Space"]),
    Row(.endTour, .everywhere, "End the tour", help: "end the tour", keys: [.tour: "X"]),
    // MARK: Moving
    Row(
      .moveDown, .moving, "Move down", help: "one down",
      keys: [.lists: "j Down Ctrl-n", .map: "j Down"]),
    Row(.moveUp, .moving, "Move up", help: "one up", keys: [.lists: "k Up Ctrl-p", .map: "k Up"]),
    Row(
      .halfPageDown, .moving, "Half page down", help: "half a page down", keys: [.lists: "Ctrl-d"]),
    Row(.halfPageUp, .moving, "Half page up", help: "half a page up", keys: [.lists: "Ctrl-u"]),
    Row(.pageDown, .moving, "Page down", help: "a page down", keys: [.lists: "PageDown Ctrl-f"]),
    Row(.pageUp, .moving, "Page up", help: "a page up", keys: [.lists: "PageUp Ctrl-b"]),
    Row(.moveToTop, .moving, "Move top", help: "to the first", keys: [.lists: "g Home"]),
    Row(.moveToBottom, .moving, "Move bottom", help: "to the last", keys: [.lists: "G End"]),
    Row(
      .nextRegion, .moving, "Next region", help: "next region, wherever you are",
      keys: [.regions: "J", .compare: "J", .saved: "J n"]),
    Row(
      .previousRegion, .moving, "Previous region", help: "previous region, wherever you are",
      keys: [.regions: "K", .compare: "K", .saved: "K N"]),
  ]
}
