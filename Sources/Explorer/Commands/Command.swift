/// Everything a person can ask of the explorer, by its name in the palette and in keymaps.
///
/// What is said of it, and its keys, are in one row of the table below; the help screen, the palette, the line of keys and
/// the manual are all made from that. What it does is in ``Screen/handle(_:in:)`` of the screens that offer it.
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
  case sortByDrift = "sort-drift"
  case sortByStability = "sort-stable"
  case sortByRelevance = "sort-relevance"
  case chooseColumns = "columns"
  case hideTemplate = "hide-template"
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
  case openAnswers = "answers"
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
  case nextIntroduced = "next-introduced"

  // Results, and labels of others
  case showResults = "results"
  case searchExample = "example"
  case exportLabels = "labels-export"
  case importLabels = "labels-import"
  case mergeLabels = "labels-merge"
  case carryLabels = "labels-carry"

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
  case labAlpha = "ablation-alpha"
  case labSearch = "ablation-search"
  case labReport = "ablation-report"
  case labExperiments = "ablation-experiments"
  case labReopen = "ablation-reopen"
  case labCompare = "ablation-compare"
  case labNextPrompt = "ablation-next-prompt"
  case labPreviousPrompt = "ablation-previous-prompt"
  case labJudge = "ablation-judge"
  case labCounting = "ablation-counting"
  case verdictRefused = "verdict-refused"
  case verdictComplied = "verdict-complied"
  case verdictDegenerate = "verdict-degenerate"
  case verdictUnclear = "verdict-unclear"
  case verdictNone = "verdict-none"

  // Playground
  case openPlayground = "playground"
  case playEdit = "playground-edit"
  case playAdd = "playground-add"
  case playRemove = "playground-remove"
  case playRun = "playground-run"
  case playStop = "playground-stop"
  case playLess = "playground-less"
  case playMore = "playground-more"
  case playAblate = "playground-ablate"
  case playSteer = "playground-steer"
  case playRegions = "playground-regions"
  case playBasis = "playground-basis"
  case playChat = "playground-chat"
  case playLength = "playground-length"

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
  case markForComparing = "mark"
  case compareContexts = "side-by-side"
  case compareFlow = "flow"
  case compareSummary = "summary"
  case matchNulls = "null"
  case openRegion = "open-region"
  case trajectoryEarlier = "earlier-dictionary"
  case trajectoryLater = "later-dictionary"

  // Following a text
  case openTrace = "trace"
  case traceEdit = "trace-edit"
  case traceChat = "trace-chat"
  case traceLayers = "trace-layers"
  case traceDocuments = "trace-documents"
  case tracePaths = "trace-paths"

  // Saved results
  case openSaved = "saved"
  case savedAll = "saved-all"

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
  case answerBack = "no-answer"
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
    case playing = "Playground"
    case library = "Library"
    case comparing = "Comparing dictionaries"
    case tracing = "Following a text"
    case saving = "Saved results"
    case fields = "In a field of text"
    case questions = "Answering a question"
  }

  /// Whether it means something on every screen: what all of them share, and moving in a list.
  package var isEverywhere: Bool { group == .everywhere || isMove }

  /// Whether it moves in whatever list has the keyboard.
  package var isMove: Bool {
    group == .moving && self != .nextRegion && self != .previousRegion
  }
}
