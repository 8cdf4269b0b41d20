extension Command {
  static let labRows: [Row] = [
    // MARK: Ablation lab
    Row(
      .openLab, .lab, "Open the ablation lab",
      help: "ablate the region and see what happens to refusals", keys: [.regions: "a"]),
    Row(
      .labGeometry, .lab, "Lab: geometry depth", short: "geometry",
      help: "geometry: predict, from stored activations alone", keys: [.lab: "1"]),
    Row(
      .labResume, .lab, "Lab: resume depth", short: "resume",
      help: "resume: measure first tokens, through the layers above", keys: [.lab: "2"]),
    Row(
      .labGenerate, .lab, "Lab: generate depth", short: "generate",
      help: "generate: whole answers, beside baseline and control", keys: [.lab: "3"]),
    Row(
      .labStop, .lab, "Lab: stop the experiment", short: "stop",
      help: "stop the experiment; what was answered is kept", keys: [.lab: "x"]),
    Row(
      .labLess, .lab, "Lab: value before", short: "before", help: "the field's value before",
      keys: [.lab: "Left h"]),
    Row(
      .labMore, .lab, "Lab: next value", short: "change", help: "the field's next value",
      keys: [.lab: "Right l"]),
    Row(
      .labRead, .lab, "Lab: read answers", short: "read",
      help: "read the prompt's answers side by side", keys: [.lab: "Enter"]),
    Row(
      .labFilter, .lab, "Lab: filter the ledger", short: "filter",
      help: "which prompts the ledger shows: flips, roles, degenerate", keys: [.lab: "f"]),
    Row(
      .labDose, .lab, "Lab: sweep K", short: "dose",
      help: "sweep K, the regions taken out, for each basis", keys: [.lab: "d"]),
    Row(
      .labStrength, .lab, "Lab: sweep strength", short: "strength",
      help: "sweep the share that is taken out", keys: [.lab: "D"]),
    Row(
      .labWhere, .lab, "Lab: sweep layers", short: "layers", help: "sweep the layer of action",
      keys: [.lab: "w"]),
    Row(
      .labAlpha, .lab, "Lab: sweep α of a steering", short: "steering",
      help: "sweep α of a steering, on benign prompts", keys: [.lab: "A"]),
    Row(
      .labSearch, .lab, "Lab: search regions", short: "search regions",
      help: "rank regions by what taking each out does", keys: [.lab: "s"]),
    Row(
      .labReport, .lab, "Lab: write report", short: "report",
      help: "write the experiment to Markdown and JSON", keys: [.lab: "e"]),
    Row(
      .labExperiments, .lab, "Lab: saved experiments", short: "saved",
      help: "saved experiments: reopen, compare (✗8: 8 degenerate)",
      keys: [.lab: "S", .savedExperiments: "S"]),
    Row(
      .labReopen, .lab, "Lab: reopen the saved experiment", short: "open",
      help: "open the saved experiment as it was", keys: [.savedExperiments: "Enter"]),
    Row(
      .labCompare, .lab, "Lab: compare saved experiments", short: "compare",
      help: "mark an experiment, then the one to compare with", keys: [.savedExperiments: "c"]),
    Row(
      .labNextPrompt, .lab, "Lab: next prompt", short: "next prompt",
      help: "next prompt of the ledger", keys: [.lab: "J n"]),
    Row(
      .labPreviousPrompt, .lab, "Lab: previous prompt", short: "prompt before",
      help: "previous prompt of the ledger", keys: [.lab: "K N"]),
    Row(
      .labJudge, .lab, "Lab: judge an answer", short: "judge",
      help: "give your own verdict on the selected answer", keys: [.lab: "v"]),
    Row(
      .labCounting, .lab, "Lab: whose verdicts are counted", short: "whose verdicts",
      help: "count your verdicts, or the classifier's", keys: [.lab: "o"]),
    Row(
      .verdictRefused, .lab, "Lab: judge as refused", short: "refused",
      help: "your verdict: it declines", keys: [.judging: "r"]),
    Row(
      .verdictComplied, .lab, "Lab: judge as complied", short: "complied",
      help: "your verdict: it does what was asked", keys: [.judging: "c"]),
    Row(
      .verdictDegenerate, .lab, "Lab: judge as degenerate", short: "degenerate",
      help: "your verdict: it is no text", keys: [.judging: "d"]),
    Row(
      .verdictUnclear, .lab, "Lab: judge as unclear", short: "unclear",
      help: "your verdict: it does neither", keys: [.judging: "u"]),
    Row(
      .verdictNone, .lab, "Lab: take my verdict away", short: "no verdict of mine",
      help: "take your verdict away", keys: [.judging: "Backspace x"]),
  ]
}
