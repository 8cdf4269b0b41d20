extension Command {
  static let evidenceRows: [Row] = [
    // MARK: Looking at the evidence
    Row(
      .readContexts, .evidence, "Read contexts", help: "read the region's contexts",
      keys: [
        .regions: "Enter", .compare: "Enter", .saved: "Enter", .trajectory: "Enter",
        .panes: "Enter",
      ]),
    Row(
      .switchPane, .evidence, "Switch pane", help: "move between the table and the contexts",
      keys: [
        .regions: "Tab Backtab", .lab: "Tab Backtab", .compare: "Tab Backtab",
        .saved: "Tab Backtab", .trace: "Tab Backtab", .panes: "Tab Backtab",
        .playground: "Tab Backtab", .library: "Tab Backtab",
        .traceField: "Tab Backtab",
      ]),
    Row(
      .zoom, .evidence, "Zoom pane", help: "give the pane the whole screen, or give it back",
      keys: [.regions: "z", .lab: "z", .compare: "z", .trace: "z", .panes: "z"]),
    Row(
      .showClosest, .evidence, "Closest contexts", help: "contexts closest to the exemplar",
      keys: [.regions: "1"]),
    Row(
      .showBoundary, .evidence, "Boundary contexts", help: "contexts at the boundary of the region",
      keys: [.regions: "2"]),
    Row(
      .showSampled, .evidence, "Sampled members", help: "members drawn at random from the region",
      keys: [.regions: "3"]),
    Row(
      .showNeighbours, .evidence, "Neighbouring regions",
      help: "the nearest other regions, by exemplar", keys: [.regions: "4"]),
    Row(
      .showStatistics, .evidence, "Statistics of the region",
      help: "how large, how tight and how old the region is", keys: [.regions: "5"]),
    Row(
      .showLens, .evidence, "Lens of the region",
      help: "tokens the exemplar points to, with a model", keys: [.regions: "6"]),
    Row(
      .showOutcomes, .evidence, "Outcomes of the region",
      help: "how its prompts were answered, with a store", keys: [.regions: "7"]),
    Row(
      .showNotes, .evidence, "Notes and history", help: "note, tags and history of the region",
      keys: [.regions: "8"]),
    Row(
      .nextTab, .evidence, "Next tab", short: "tab", help: "next tab of the region's pane",
      keys: [.regions: "t Right"]),
    Row(
      .previousTab, .evidence, "Previous tab", short: "tab back",
      help: "previous tab of the region's pane", keys: [.regions: "Left"]),
    Row(
      .openDocument, .evidence, "Open document",
      help: "the whole document of the context, token by token",
      keys: [.contexts: "Enter", .hits: "Enter", .map: "Enter", .trace: "Enter"]),
    Row(
      .openAnswers, .evidence, "Answers to the region's prompts", short: "answers",
      help: "prompts of the region, with the model's answers",
      keys: [.regions: "A", .document: "A"]),
    Row(
      .nextToken, .evidence, "Next token", short: "token", help: "next token of the document",
      keys: [.document: "l Right"]),
    Row(
      .previousToken, .evidence, "Previous token", short: "token back",
      help: "previous token of the document", keys: [.document: "h Left"]),
    Row(
      .activeToken, .evidence, "Token of the region", short: "the token",
      help: "back to the token that is in the region", keys: [.document: "."]),
    Row(
      .tokenBoundaries, .evidence, "Token boundaries", short: "boundaries",
      help: "show where tokens end, or hide it", keys: [.document: "b"]),
    Row(
      .nextContext, .evidence, "Next context", help: "document of the region's next context",
      keys: [.document: "J n"]),
    Row(
      .previousContext, .evidence, "Previous context", short: "context before",
      help: "document of the region's previous context", keys: [.document: "K N"]),
    Row(
      .expandContext, .evidence, "Whole context", short: "whole text",
      help: "the whole of a context, or a few lines again", keys: [.contexts: "Space"]),
    Row(
      .lessContext, .evidence, "Less context", short: "shorter",
      help: "less context around the token", keys: [.regions: "[", .document: "["]),
    Row(
      .moreContext, .evidence, "More context", short: "longer",
      help: "more context around the token", keys: [.regions: "]", .document: "]"]),
    Row(
      .copy, .evidence, "Copy row", help: "copy the region's id, label and context",
      keys: [
        .regions: "y", .compare: "y", .trace: "y", .trajectory: "y", .panes: "y", .playground: "y",
      ]),
    Row(.copyContext, .evidence, "Copy context", help: "copy the context", keys: [.regions: "Y"]),
    Row(
      .copyLink, .evidence, "Copy link", help: "copy a command that opens this region",
      keys: [.regions: "Alt-y"]),
    // MARK: Map and metrics
    Row(
      .openMap, .mapping, "Map of the exemplars", help: "the exemplars as a plane of dots",
      keys: [.regions: "m"]),
    Row(
      .openMetrics, .mapping, "Metrics of the dictionary",
      help: "every metric, growth, sizes and distances", keys: [.regions: "%"]),
    Row(
      .moveLeft, .mapping, "Move left on the map", help: "select the nearest region to the left",
      keys: [.map: "h Left", .trace: "h Left"]),
    Row(
      .moveRight, .mapping, "Move right on the map", help: "select the nearest region to the right",
      keys: [.map: "l Right", .trace: "l Right"]),
    Row(.panLeft, .mapping, "Pan left", help: "move the view to the left", keys: [.map: "H"]),
    Row(.panRight, .mapping, "Pan right", help: "move the view to the right", keys: [.map: "L"]),
    Row(.panUp, .mapping, "Pan up", help: "move the view up", keys: [.map: "K"]),
    Row(.panDown, .mapping, "Pan down", help: "move the view down", keys: [.map: "J"]),
    Row(.zoomIn, .mapping, "Zoom in", help: "nearer to the selected region", keys: [.map: "+ ="]),
    Row(.zoomOut, .mapping, "Zoom out", help: "farther away", keys: [.map: "-"]),
    Row(.wholeMap, .mapping, "Whole map", help: "the whole map", keys: [.map: "0"]),
    Row(
      .mapColour, .mapping, "Colour of the map", help: "colour the map by another column",
      keys: [.map: "c"]),
    Row(
      .mapValues, .mapping, "Values on the map", help: "show the colours as digits, or dots again",
      keys: [.map: "v"]),
    Row(
      .mapProjection, .mapping, "Projection of the map",
      help: "a plane of two components, or a sphere of three", keys: [.map: "p"]),
  ]
}
