/// Everything a person can ask of the explorer, each with one line of help.
///
/// The keys are in ``Keymap``; the help screen, the palette and the line of keys at the bottom are all made
/// from these two tables.
package enum Command: String, CaseIterable, Sendable {
  // Everywhere
  case help, palette, log, back, library
  case quit
  case cancelOrQuit = "cancel"
  case redraw
  case toggleMouse = "mouse"
  case chooseTheme = "theme"
  case export
  case growPane = "grow-pane"
  case shrinkPane = "shrink-pane"
  case cancelJob = "cancel-job"
  case tour
  case nextTourStep = "tour-next"
  case endTour = "tour-end"

  // Moving in a list
  case moveDown = "down"
  case moveUp = "up"
  case halfPageDown = "half-page-down"
  case halfPageUp = "half-page-up"
  case pageDown = "page-down"
  case pageUp = "page-up"
  case moveToTop = "top"
  case moveToBottom = "bottom"

  // Library
  case openSelected = "open"
  case scanAgain = "rescan"

  // Regions: finding
  case search, filter
  case nextMatch = "next-match"
  case previousMatch = "previous-match"
  case jumpToRegion = "go-to"
  case randomRegion = "random"
  case jumpBack = "jump-back"
  case jumpForward = "jump-forward"
  case nextRegion = "next-region"
  case previousRegion = "previous-region"

  // Regions: order
  case chooseSort = "sort"
  case reverseSort = "reverse"
  case sortByID = "sort-id"
  case sortByStar = "sort-star"
  case sortByLabel = "sort-label"
  case sortByMembers = "sort-members"
  case sortByCoherence = "sort-coherence"
  case sortByDistance = "sort-distance"
  case sortByTag = "sort-tag"
  case sortByFounding = "sort-founding"
  case sortByRefusal = "sort-refusal"
  case sortByRelevance = "sort-relevance"
  case chooseColumns = "columns"
  case newLine = "new-line"
  case saveNote = "save-note"
  case toggleColumn = "toggle-column"
  case columnEarlier = "column-earlier"
  case columnLater = "column-later"

  // Regions: evidence
  case readContexts = "contexts"
  case switchPane = "pane"
  case zoom
  case showClosest = "closest"
  case showBoundary = "boundary"
  case showSampled = "sampled"
  case showNeighbours = "neighbours"
  case showStatistics = "statistics"
  case showLens = "lens"
  case showOutcomes = "outcomes"
  case showNotes = "notes"
  case nextTab = "next-tab"
  case previousTab = "previous-tab"
  case openDocument = "document"
  case nextToken = "next-token"
  case previousToken = "previous-token"
  case activeToken = "active-token"
  case tokenBoundaries = "token-boundaries"
  case nextContext = "next-context"
  case previousContext = "previous-context"
  case expandContext = "expand"
  case lessContext = "less-context"
  case moreContext = "more-context"
  case copy
  case copyContext = "copy-context"
  case copyLink = "copy-link"

  // Regions: judging
  case label, star, tag, note, blind, undo, redo
  case nextUnlabelled = "next-unlabelled"
  case nextIncoherent = "next-loosest"

  // Map and metrics
  case openMap = "map"
  case openMetrics = "metrics"
  case moveLeft = "left"
  case moveRight = "right"
  case panLeft = "pan-left"
  case panRight = "pan-right"
  case panUp = "pan-up"
  case panDown = "pan-down"
  case zoomIn = "zoom-in"
  case zoomOut = "zoom-out"
  case wholeMap = "whole-map"
  case mapColour = "map-colour"
  case mapValues = "map-values"
  case mapProjection = "map-projection"

  // Ablation lab
  case openLab = "ablate"
  case labGeometry = "ablation-geometry"
  case labResume = "ablation-resume"
  case labGenerate = "ablation-generate"
  case labStop = "ablation-stop"
  case labLess = "ablation-earlier-value"
  case labMore = "ablation-later-value"
  case labRead = "ablation-answers"
  case labFilter = "ablation-filter"
  case labDose = "ablation-dose"
  case labStrength = "ablation-strength"
  case labWhere = "ablation-where"
  case labSearch = "ablation-search"
  case labReport = "ablation-report"

  // Comparing two dictionaries
  case compare
  case showPersisted = "persisted"
  case showDropped = "dropped"
  case showIntroduced = "introduced"
  case otherTable = "other-table"
  case lowerCutoff = "lower-cutoff"
  case raiseCutoff = "raise-cutoff"
  case usualCutoff = "usual-cutoff"
  case carryLabel = "carry-label"

  // Fields of text
  case accept
  case cancelField = "leave-field"
  case cursorLeft = "cursor-left"
  case cursorRight = "cursor-right"
  case wordLeft = "word-left"
  case wordRight = "word-right"
  case cursorToStart = "cursor-to-start"
  case cursorToEnd = "cursor-to-end"
  case deleteBackward = "delete-backward"
  case deleteForward = "delete-forward"
  case deleteWord = "delete-word"
  case deleteToStart = "delete-to-start"
  case deleteToEnd = "delete-to-end"
  case complete
  case nextChoice = "next-choice"
  case previousChoice = "previous-choice"
  case choicePageDown = "choices-down"
  case choicePageUp = "choices-up"

  // Questions
  case answerYes = "yes"
  case answerRetry = "try-again"
  case answerNo = "stay"
}

extension Command {
  /// Headings of the help screen, in its order.
  package enum Group: String, CaseIterable, Sendable {
    case everywhere = "Everywhere"
    case moving = "Moving"
    case finding = "Finding regions"
    case sorting = "Ordering"
    case evidence = "Looking at the evidence"
    case mapping = "Map and metrics"
    case judging = "Labels and stars"
    case lab = "Ablation lab"
    case library = "Library"
    case comparing = "Comparing dictionaries"
    case fields = "In a field of text"
    case questions = "Answering a question"
  }

  package var group: Group {
    switch self {
    case .help, .palette, .log, .back, .library, .quit, .cancelOrQuit, .redraw, .toggleMouse,
      .chooseTheme, .export, .growPane, .shrinkPane, .cancelJob, .tour, .nextTourStep, .endTour:
      .everywhere
    case .moveDown, .moveUp, .halfPageDown, .halfPageUp, .pageDown, .pageUp, .moveToTop,
      .moveToBottom, .nextRegion, .previousRegion:
      .moving
    case .openSelected, .scanAgain: .library
    case .openMap, .openMetrics, .moveLeft, .moveRight, .panLeft, .panRight, .panUp, .panDown,
      .zoomIn, .zoomOut, .wholeMap, .mapColour, .mapValues, .mapProjection:
      .mapping
    case .openLab, .labGeometry, .labResume, .labGenerate, .labStop, .labLess, .labMore, .labRead,
      .labFilter, .labDose, .labStrength, .labWhere, .labSearch, .labReport:
      .lab
    case .compare, .showPersisted, .showDropped, .showIntroduced, .otherTable, .lowerCutoff,
      .raiseCutoff, .usualCutoff, .carryLabel:
      .comparing
    case .search, .filter, .nextMatch, .previousMatch, .jumpToRegion, .randomRegion, .jumpBack,
      .jumpForward:
      .finding
    case .chooseSort, .reverseSort, .sortByID, .sortByStar, .sortByLabel, .sortByMembers,
      .sortByCoherence, .sortByDistance, .sortByTag, .sortByFounding, .sortByRefusal,
      .sortByRelevance, .chooseColumns:
      .sorting
    case .readContexts, .switchPane, .zoom, .showClosest, .showBoundary, .showSampled,
      .showNeighbours, .showStatistics, .showLens, .showOutcomes, .showNotes, .nextTab,
      .previousTab, .openDocument, .nextToken, .previousToken, .activeToken, .tokenBoundaries,
      .nextContext, .previousContext, .expandContext, .lessContext, .moreContext, .copy,
      .copyContext, .copyLink:
      .evidence
    case .label, .star, .tag, .note, .blind, .undo, .redo, .nextUnlabelled, .nextIncoherent:
      .judging
    case .accept, .cancelField, .cursorLeft, .cursorRight, .wordLeft, .wordRight, .cursorToStart,
      .cursorToEnd, .deleteBackward, .deleteForward, .deleteWord, .deleteToStart, .deleteToEnd,
      .newLine, .saveNote, .toggleColumn, .columnEarlier, .columnLater, .complete, .nextChoice,
      .previousChoice,
      .choicePageDown, .choicePageUp:
      .fields
    case .answerYes, .answerRetry, .answerNo: .questions
    }
  }

  /// Whether the palette offers it: what edits a field or answers a question means nothing outside.
  package var isInPalette: Bool { group != .fields && group != .questions && self != .palette }

  /// One line that says what it does.
  package var help: String {
    switch self {
    case .help: "every command and its keys, to be searched by either"
    case .palette: "any command by a few letters; a number is a region"
    case .log: "messages and errors of this session"
    case .back: "one step back: from zoom, pane, search, to the library"
    case .library: "the dictionaries that can be opened"
    case .quit: "leave the explorer"
    case .cancelOrQuit: "stop the work under way, or ask whether to leave"
    case .redraw: "draw the whole screen again"
    case .toggleMouse: "leave the mouse to the terminal, or take it back"
    case .export: "write what is listed to a file, TSV or JSONL"
    case .growPane: "more room for the pane with the keyboard"
    case .shrinkPane: "less room for the pane with the keyboard"
    case .cancelJob: "cancel a job: the log lists what is under way"
    case .tour: "six short steps through the explorer"
    case .nextTourStep: "next step of the tour"
    case .endTour: "end the tour"
    case .copyContext: "copy the context"
    case .copyLink: "copy a command that opens this region"
    case .jumpBack: "to the region you leapt from"
    case .jumpForward: "forward again, after going back"
    case .chooseTheme: "choose the colours, and see each as you choose"
    case .moveDown: "one down"
    case .moveUp: "one up"
    case .halfPageDown: "half a page down"
    case .halfPageUp: "half a page up"
    case .pageDown: "a page down"
    case .pageUp: "a page up"
    case .moveToTop: "to the first"
    case .moveToBottom: "to the last"
    case .openSelected: "open the selected dictionary"
    case .compare: "mark a dictionary, then the one to compare it with"
    case .showPersisted: "regions of A that have a partner in B"
    case .showDropped: "regions of A without a partner in B"
    case .showIntroduced: "regions of B without a partner in A"
    case .otherTable: "the next table: persisted, dropped, introduced"
    case .lowerCutoff: "a lower cosine is enough to persist"
    case .raiseCutoff: "a higher cosine is needed to persist"
    case .usualCutoff: "the reference's cutoff, 0.70"
    case .carryLabel: "take a label to the other side; again to keep it"
    case .scanAgain: "look for dictionaries again"
    case .search: "find regions by words of labels and contexts"
    case .filter: "narrow the table: members > 50 label:~poison"
    case .nextMatch: "next match of the search"
    case .previousMatch: "previous match of the search"
    case .jumpToRegion: "go to a region by its id"
    case .randomRegion: "a region at random"
    case .nextRegion: "next region, wherever you are"
    case .previousRegion: "previous region, wherever you are"
    case .chooseSort: "choose what the table is sorted by"
    case .reverseSort: "sort the other way round"
    case .sortByID: "sort by id, the order of founding"
    case .sortByStar: "sort starred regions first"
    case .sortByLabel: "sort by label, unlabelled regions last"
    case .sortByMembers: "sort by members, the share of the stream"
    case .sortByCoherence: "sort by coherence, how alike the members point"
    case .sortByDistance: "sort by mean distance to the exemplar, in θ"
    case .sortByTag: "sort by tag, untagged regions last"
    case .sortByFounding: "sort by the batch that founded the region"
    case .sortByRefusal: "sort by refusal rate, where a store is attached"
    case .chooseColumns: "choose and order the columns of the table"
    case .toggleColumn: "show the column, or hide it"
    case .columnEarlier: "move the column to the left"
    case .columnLater: "move the column to the right"
    case .sortByRelevance: "sort by how well regions match the search"
    case .readContexts: "read the region's contexts"
    case .switchPane: "move between the table and the contexts"
    case .zoom: "give the pane the whole screen, or give it back"
    case .showClosest: "contexts closest to the exemplar"
    case .showBoundary: "contexts at the boundary of the region"
    case .showSampled: "members drawn at random from the region"
    case .showNeighbours: "the nearest other regions, by exemplar"
    case .showStatistics: "how large, how tight and how old the region is"
    case .showLens: "tokens the exemplar points to, with a model"
    case .showOutcomes: "how its prompts were answered, with a store"
    case .showNotes: "note, tags and history of the region"
    case .nextTab: "next tab of the region's pane"
    case .previousTab: "previous tab of the region's pane"
    case .openDocument: "the whole document of the context, token by token"
    case .nextToken: "next token of the document"
    case .previousToken: "previous token of the document"
    case .activeToken: "back to the token that is in the region"
    case .tokenBoundaries: "show where tokens end, or hide it"
    case .nextContext: "document of the region's next context"
    case .previousContext: "document of the region's previous context"
    case .expandContext: "the whole of a context, or a few lines again"
    case .lessContext: "less context around the token"
    case .moreContext: "more context around the token"
    case .copy: "copy the region's id, label and context"
    case .label: "label the region"
    case .star: "star the region, or take the star away"
    case .tag: "tag the region with words of your own"
    case .note: "write a note of several lines on the region"
    case .blind: "label without seeing labels, and see how you agree"
    case .nextUnlabelled: "the largest region without a label"
    case .nextIncoherent: "the least coherent region without a label"
    case .newLine: "begin a new line"
    case .saveNote: "keep the note and leave it"
    case .undo: "undo the last label or star"
    case .redo: "do again what was undone"
    case .openMap: "the exemplars as a plane of dots"
    case .openMetrics: "every metric, growth, sizes and distances"
    case .moveLeft: "select the nearest region to the left"
    case .moveRight: "select the nearest region to the right"
    case .panLeft: "move the view to the left"
    case .panRight: "move the view to the right"
    case .panUp: "move the view up"
    case .panDown: "move the view down"
    case .zoomIn: "nearer to the selected region"
    case .zoomOut: "farther away"
    case .wholeMap: "the whole map"
    case .mapColour: "colour the map by another column"
    case .mapValues: "show the colours as digits, or dots again"
    case .mapProjection: "a plane of two components, or a sphere of three"
    case .openLab: "ablate the region and see what happens to refusals"
    case .labGeometry: "predict, from stored activations alone"
    case .labResume: "measure first tokens, through the layers above"
    case .labGenerate: "measure whole answers, beside baseline and control"
    case .labStop: "stop the experiment; what was answered is kept"
    case .labLess: "the field's value before"
    case .labMore: "the field's next value"
    case .labRead: "read the prompt's answers side by side"
    case .labFilter: "which prompts the ledger shows: flips, roles, degenerate"
    case .labDose: "sweep K, the regions taken out, for each basis"
    case .labStrength: "sweep the share that is taken out"
    case .labWhere: "sweep the layer of action"
    case .labSearch: "rank regions by what taking each out does"
    case .labReport: "write the experiment to a Markdown file"
    case .accept: "take what is in the field"
    case .cancelField: "leave the field and change nothing"
    case .cursorLeft: "cursor one character left"
    case .cursorRight: "cursor one character right"
    case .wordLeft: "cursor one word left"
    case .wordRight: "cursor one word right"
    case .cursorToStart: "cursor to the start"
    case .cursorToEnd: "cursor to the end"
    case .deleteBackward: "delete the character before the cursor"
    case .deleteForward: "delete the character under the cursor"
    case .deleteWord: "delete the word before the cursor"
    case .deleteToStart: "delete all before the cursor"
    case .deleteToEnd: "delete all from the cursor on"
    case .complete: "take the choice that is offered"
    case .nextChoice: "next choice"
    case .previousChoice: "previous choice"
    case .choicePageDown: "a page of choices down"
    case .choicePageUp: "a page of choices up"
    case .answerYes: "yes: leave, and lose what is not saved"
    case .answerRetry: "save again, and stay"
    case .answerNo: "stay"
    }
  }

  /// A word or two for the line of keys.
  package var short: String {
    switch self {
    case .back: "back"
    case .cancelOrQuit: "cancel"
    case .toggleMouse: "mouse"
    case .openSelected: "open"
    case .otherTable: "table"
    case .lowerCutoff: "lower"
    case .raiseCutoff: "raise"
    case .scanAgain: "rescan"
    case .nextMatch: "next"
    case .previousMatch: "previous"
    case .jumpToRegion: "go to id"
    case .nextRegion: "next region"
    case .previousRegion: "previous region"
    case .chooseSort: "sort"
    case .sortByID: "id"
    case .sortByStar: "star"
    case .sortByLabel: "label"
    case .sortByMembers: "members"
    case .sortByCoherence: "coherence"
    case .sortByDistance: "distance"
    case .sortByTag: "tag"
    case .nextUnlabelled: "next unlabelled"
    case .newLine: "new line"
    case .saveNote: "save"
    case .sortByFounding: "founding"
    case .sortByRefusal: "refusal rate"
    case .chooseColumns: "columns"
    case .toggleColumn: "show or hide"
    case .columnEarlier: "left"
    case .columnLater: "right"
    case .sortByRelevance: "best match"
    case .readContexts: "contexts"
    case .switchPane: "pane"
    case .showSampled: "sampled"
    case .nextTab: "tab"
    case .previousTab: "tab back"
    case .openDocument: "document"
    case .jumpBack: "jump back"
    case .jumpForward: "jump forward"
    case .nextToken: "token"
    case .previousToken: "token back"
    case .activeToken: "the token"
    case .tokenBoundaries: "boundaries"
    case .nextContext: "next context"
    case .previousContext: "context before"
    case .expandContext: "whole text"
    case .lessContext: "shorter"
    case .moreContext: "longer"
    case .openLab: "ablate"
    case .labGeometry: "predict"
    case .labResume: "first tokens"
    case .labGenerate: "answers"
    case .labStop: "stop"
    case .labLess: "before"
    case .labMore: "change"
    case .labRead: "read"
    case .labFilter: "filter"
    case .labDose: "dose"
    case .labStrength: "strength"
    case .labWhere: "layers"
    case .labSearch: "search regions"
    case .labReport: "report"
    case .palette: "commands"
    case .accept: "done"
    case .cancelField: "cancel"
    case .nextChoice: "next"
    case .previousChoice: "previous"
    case .answerYes: "leave"
    case .answerRetry: "save again"
    case .answerNo: "stay"
    default: rawValue.replacing("-", with: " ")
    }
  }

  /// The name as the palette and the help screen show it: `Sort by coherence`.
  package var title: String {
    let name =
      switch self {
      case .back: "go back"
      case .openLab: "open the ablation lab"
      case .labGeometry: "lab: predict from geometry"
      case .labResume: "lab: measure first tokens"
      case .labGenerate: "lab: generate answers"
      case .labStop: "lab: stop the experiment"
      case .labLess: "lab: value before"
      case .labMore: "lab: next value"
      case .labRead: "lab: read answers"
      case .labFilter: "lab: filter the ledger"
      case .labDose: "lab: sweep K"
      case .labStrength: "lab: sweep strength"
      case .labWhere: "lab: sweep layers"
      case .labSearch: "lab: search regions"
      case .labReport: "lab: write report"
      case .library: "open the library"
      case .palette: "commands"
      case .cancelOrQuit: "cancel work"
      case .toggleMouse: "mouse on or off"
      case .chooseTheme: "choose theme…"
      case .export: "export what is listed…"
      case .cancelJob: "cancel a job…"
      case .tour: "take the tour"
      case .nextTourStep: "next step of the tour"
      case .endTour: "end the tour"
      case .copy: "copy row"
      case .openSelected: "open dictionary"
      case .compare: "compare dictionaries"
      case .showPersisted, .showDropped, .showIntroduced: "\(rawValue) regions"
      case .scanAgain: "look for dictionaries again"
      case .jumpToRegion: "go to region"
      case .randomRegion: "random region"
      case .chooseSort: "sort…"
      case .reverseSort: "reverse the order"
      case .sortByRelevance: "sort by best match"
      case .readContexts: "read contexts"
      case .switchPane: "switch pane"
      case .zoom: "zoom pane"
      case .showClosest: "closest contexts"
      case .showBoundary: "boundary contexts"
      case .showSampled: "sampled members"
      case .showNeighbours: "neighbouring regions"
      case .showStatistics: "statistics of the region"
      case .showLens: "lens of the region"
      case .showOutcomes: "outcomes of the region"
      case .showNotes: "notes and history"
      case .openDocument: "open document"
      case .openMap: "map of the exemplars"
      case .openMetrics: "metrics of the dictionary"
      case .mapColour: "colour of the map"
      case .mapValues: "values on the map"
      case .mapProjection: "projection of the map"
      case .moveLeft, .moveRight: "move \(rawValue) on the map"
      case .tokenBoundaries: "token boundaries"
      case .activeToken: "token of the region"
      case .expandContext: "whole context"
      case .filter: "filter regions"
      case .chooseColumns: "columns…"
      case .tag: "tag region"
      case .note: "write a note"
      case .blind: "blind labelling on or off"
      case .nextUnlabelled: "largest region yet to label"
      case .nextIncoherent: "loosest region yet to label"
      case .label: "label region"
      case .star: "star region"
      case .sortByID, .sortByStar, .sortByLabel, .sortByMembers, .sortByCoherence, .sortByDistance,
        .sortByTag, .sortByFounding, .sortByRefusal:
        "sort by \(short)"
      case .moveDown, .moveUp, .moveToTop, .moveToBottom: "move \(rawValue)"
      default: rawValue.replacing("-", with: " ")
      }
    return name.prefix(1).uppercased() + name.dropFirst()
  }
}
