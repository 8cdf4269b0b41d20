extension Command {
  static let screensRows: [Row] = [
    // MARK: Library
    Row(
      .openSelected, .library, "Open dictionary", help: "open the selected dictionary",
      keys: [.library: "Enter"]),
    Row(
      .scanAgain, .library, "Look for dictionaries again", help: "look for dictionaries again",
      keys: [.library: "F5"]),
    // MARK: Comparing dictionaries
    Row(
      .compare, .comparing, "Compare dictionaries",
      help: "mark a dictionary, then the one to compare it with",
      keys: [.library: "c", .regions: "c"]),
    Row(
      .showPersisted, .comparing, "Persisted regions",
      help: "regions of A that have a partner in B", keys: [.compare: "1"]),
    Row(
      .showDropped, .comparing, "Dropped regions", help: "regions of A without a partner in B",
      keys: [.compare: "2"]),
    Row(
      .showIntroduced, .comparing, "Introduced regions",
      help: "regions of B without a partner in A", keys: [.compare: "3"]),
    Row(
      .otherTable, .comparing, "Other table", short: "table",
      help: "the next table: persisted, dropped, introduced", keys: [.compare: "t Right"]),
    Row(
      .lowerCutoff, .comparing, "Lower cutoff", short: "lower",
      help: "a lower cosine is enough to persist", keys: [.compare: "{", .trajectory: "{"]),
    Row(
      .raiseCutoff, .comparing, "Raise cutoff", short: "raise",
      help: "a higher cosine is needed to persist", keys: [.compare: "}", .trajectory: "}"]),
    Row(
      .usualCutoff, .comparing, "Usual cutoff", help: "the reference's cutoff, 0.70",
      keys: [.compare: "0", .trajectory: "0"]),
    Row(
      .carryLabel, .comparing, "Carry label",
      help: "take a label to the other side; again to keep it", keys: [.compare: "L"]),
    Row(
      .markForComparing, .comparing, "Mark dictionary",
      help: "mark for comparing; three or more are followed in a row", keys: [.library: "Space"]),
    Row(
      .compareContexts, .comparing, "Comparison: side by side",
      help: "both regions' contexts, side by side", keys: [.compare: "4"]),
    Row(
      .compareFlow, .comparing, "Comparison: flow of members",
      help: "where the members went, or came from", keys: [.compare: "5"]),
    Row(
      .compareSummary, .comparing, "Comparison: summary",
      help: "the comparison in words that can be quoted", keys: [.compare: "6"]),
    Row(
      .matchNulls, .comparing, "Comparison: match the null",
      help: "match what chance and another order would give", keys: [.compare: "n"]),
    Row(
      .openRegion, .comparing, "Comparison: open the region",
      help: "open the region in its own dictionary", keys: [.compare: "o"]),
    Row(
      .trajectoryEarlier, .comparing, "Earlier dictionary", help: "the dictionary before",
      keys: [.trajectory: "Left h"]),
    Row(
      .trajectoryLater, .comparing, "Later dictionary", help: "the dictionary after",
      keys: [.trajectory: "Right l"]),
    // MARK: Following a text
    Row(
      .openTrace, .tracing, "Trace a text", help: "follow a text of yours, token by token",
      keys: [.regions: "p", .document: "p"]),
    Row(
      .traceEdit, .tracing, "Trace: change the text", short: "edit", help: "change the text",
      keys: [.trace: "i"]),
    Row(
      .traceChat, .tracing, "Trace: chat template", short: "chat",
      help: "read it in the chat template, or as it is", keys: [.trace: "c"]),
    Row(
      .traceLayers, .tracing, "Trace: one layer or all", short: "layers",
      help: "follow it through one layer, or through all", keys: [.trace: "L"]),
    Row(
      .traceDocuments, .tracing, "Trace: stored documents", short: "documents",
      help: "choose a document of the store", keys: [.trace: "o"]),
    Row(
      .tracePaths, .tracing, "Trace: table or paths", short: "paths",
      help: "the tokens in a table, or their paths", keys: [.trace: "v"]),
    // MARK: Saved results
    Row(
      .openSaved, .saving, "Saved results", short: "results",
      help: "results that were kept: coverage, stability, …", keys: [.library: "R", .regions: "R"]),
    Row(
      .savedAll, .saving, "Saved results of all dictionaries", short: "all dictionaries",
      help: "results of all dictionaries, or of this one", keys: [.saved: "a"]),
  ]
}
