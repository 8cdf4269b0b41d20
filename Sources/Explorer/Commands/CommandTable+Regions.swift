extension Command {
  static let regionsRows: [Row] = [
    // MARK: Finding regions
    Row(
      .search, .finding, "Search",
      help: "find regions, or what can be opened, by words",
      keys: [.regions: "/", .library: "/", .hits: "/", .map: "/", .compare: "/", .trajectory: "/"]),
    Row(
      .filter, .finding, "Filter regions", help: "narrow the table: members > 50 label:~poison",
      keys: [.regions: "f", .map: "f", .compare: "f"]),
    Row(
      .nextMatch, .finding, "Next match", short: "next", help: "next match of the search",
      keys: [.regions: "n", .hits: "n", .trace: "n"]),
    Row(
      .previousMatch, .finding, "Previous match", short: "previous",
      help: "previous match of the search", keys: [.regions: "N", .hits: "N", .trace: "N"]),
    Row(
      .jumpToRegion, .finding, "Go to region", short: "go to id", help: "go to a region by its id",
      keys: [.regions: "#", .map: "#"]),
    Row(
      .randomRegion, .finding, "Random region", help: "a region at random", keys: [.regions: "r"]),
    Row(
      .jumpBack, .finding, "Jump back", help: "to the region you leapt from",
      keys: [.regions: "Ctrl-o < Alt-Left"]),
    Row(
      .jumpForward, .finding, "Jump forward", help: "forward again, after going back",
      keys: [.regions: "Alt-o > Alt-Right"]),
    Row(
      .showResults, .finding, "Results of the search",
      help: "the hits of the search, grouped by where they are", keys: [.regions: "v"]),
    Row(
      .searchExample, .finding, "Search by example",
      help: "the regions of a sentence of yours, with a model", keys: [.regions: "x"]),
    // MARK: Ordering
    Row(
      .chooseSort, .sorting, "Sort…", help: "choose what the table is sorted by",
      keys: [.regions: "s", .compare: "s", .trajectory: "s"]),
    Row(
      .reverseSort, .sorting, "Reverse the order", help: "sort the other way round",
      keys: [.regions: "S", .compare: "S", .sortChooser: "S"]),
    Row(
      .sortByID, .sorting, "Sort by id", short: "id", help: "sort by id, the order of founding",
      keys: [.sortChooser: "i"]),
    Row(
      .sortByStar, .sorting, "Sort by star", short: "star", help: "sort starred regions first",
      keys: [.sortChooser: "*"]),
    Row(
      .sortByLabel, .sorting, "Sort by label", short: "label",
      help: "sort by label, unlabelled regions last", keys: [.sortChooser: "l"]),
    Row(
      .sortByMembers, .sorting, "Sort by members", short: "members",
      help: "sort by members, the share of the stream", keys: [.sortChooser: "m"]),
    Row(
      .sortByCoherence, .sorting, "Sort by coherence", short: "coherence",
      help: "sort by coherence, how alike the members point", keys: [.sortChooser: "c"]),
    Row(
      .sortByDistance, .sorting, "Sort by distance", short: "distance",
      help: "sort by mean distance to the exemplar, in θ", keys: [.sortChooser: "d"]),
    Row(
      .sortByTag, .sorting, "Sort by tag", short: "tag", help: "sort by tag, untagged regions last",
      keys: [.sortChooser: "t"]),
    Row(
      .sortByFounding, .sorting, "Sort by founding", short: "founding",
      help: "sort by the batch that founded the region", keys: [.sortChooser: "f"]),
    Row(
      .sortByRefusal, .sorting, "Sort by refusal rate", short: "refusal rate",
      help: "sort by refusal rate, where a store is attached", keys: [.sortChooser: "r"]),
    Row(
      .sortByDrift, .sorting, "Sort by drift", short: "drift",
      help: "sort by how little the compared dictionary has of it", keys: [.sortChooser: "n"]),
    Row(
      .sortByStability, .sorting, "Sort by stability", short: "stability",
      help: "sort by how well it comes out again in another order", keys: [.sortChooser: "a"]),
    Row(
      .sortByRelevance, .sorting, "Sort by best match", short: "best match",
      help: "sort by how well regions match the search", keys: [.sortChooser: "b"]),
    Row(
      .chooseColumns, .sorting, "Columns…", help: "choose and order the columns of the table",
      keys: [.regions: "C"]),
    Row(
      .hideTemplate, .sorting, "Hide template regions, or show them",
      help: "leave out regions that are mostly the template's own",
      keys: [.regions: "H"]),
    // MARK: Labels and stars
    Row(.label, .judging, "Label region", help: "label the region", keys: [.regions: "l"]),
    Row(
      .star, .judging, "Star region", help: "star the region, or take the star away",
      keys: [.regions: "*"]),
    Row(
      .tag, .judging, "Tag region", help: "tag the region with words of your own",
      keys: [.regions: "T"]),
    Row(
      .note, .judging, "Write a note", help: "write a note of several lines on the region",
      keys: [.regions: "i"]),
    Row(
      .blind, .judging, "Blind labelling on or off",
      help: "label without seeing labels, and see how you agree", keys: [.regions: "B"]),
    Row(
      .undo, .judging, "Undo", help: "undo the last label or star",
      keys: [.regions: "u", .lab: "u", .compare: "u"]),
    Row(.redo, .judging, "Redo", help: "do again what was undone", keys: [.regions: "Ctrl-r"]),
    Row(
      .nextUnlabelled, .judging, "Next region yet to label",
      help: "the next region of the table without a label", keys: [.regions: "U"]),
    Row(
      .nextIncoherent, .judging, "Loosest region yet to label",
      help: "the least coherent region without a label"),
    Row(
      .nextIntroduced, .judging, "Most introduced region yet to label",
      help: "the unlabelled region that the other one lacks most"),
    Row(.exportLabels, .judging, "Labels: export", help: "write your labels to a labels.jsonl"),
    Row(.importLabels, .judging, "Labels: import", help: "take over the labels of a labels.jsonl"),
    Row(
      .mergeLabels, .judging, "Labels: merge",
      help: "merge another's labels, given the common version"),
    Row(
      .carryLabels, .judging, "Labels: carry over",
      help: "labels of a like dictionary, marked until confirmed", keys: [.compare: "C"]),
  ]
}
