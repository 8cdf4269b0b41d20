extension Command {
  static let playgroundRows: [Row] = [
    Row(
      .openPlayground, .playing, "Open the playground", short: "playground",
      help: "your own prompts, with the region ablated and steered",
      keys: [.regions: "P", .document: "P"]),
    Row(
      .playEdit, .playing, "Playground: change the prompt", short: "edit",
      help: "change the selected prompt", keys: [.playground: "Enter i"]),
    Row(
      .playAdd, .playing, "Playground: one more prompt", short: "add",
      help: "write one more prompt", keys: [.playground: "n"]),
    Row(
      .playRemove, .playing, "Playground: take the prompt away", short: "take away",
      help: "take the selected prompt off the list", keys: [.playground: "d"]),
    Row(
      .playRun, .playing, "Playground: run", short: "run",
      help: "answer what is not answered as it stands", keys: [.playground: "r"]),
    Row(
      .playStop, .playing, "Playground: stop", short: "stop", help: "stop the answers",
      keys: [.playground: "x"]),
    Row(
      .playLess, .playing, "Playground: less α", short: "less α",
      help: "steer less, or the other way; answers follow", keys: [.playground: "- Left h"]),
    Row(
      .playMore, .playing, "Playground: more α", short: "more α",
      help: "steer more; answers follow", keys: [.playground: "+ = Right l"]),
    Row(
      .playAblate, .playing, "Playground: the ablated column", short: "ablate",
      help: "take all of it out, half of it, or no column", keys: [.playground: "a"]),
    Row(
      .playSteer, .playing, "Playground: the steered column", short: "steer",
      help: "show the steered column, or leave it out", keys: [.playground: "s"]),
    Row(
      .playRegions, .playing, "Playground: choose regions", short: "regions",
      help: "ablate other regions, or several", keys: [.playground: "g"]),
    Row(
      .playBasis, .playing, "Playground: what stands for a region", short: "basis",
      help: "the mean, the exemplar, or a sampled member", keys: [.playground: "b"]),
    Row(
      .playChat, .playing, "Playground: chat template", short: "chat",
      help: "prompts as chat turns, or as they are", keys: [.playground: "c"]),
    Row(
      .playLength, .playing, "Playground: length of answers", short: "length",
      help: "how many tokens an answer has at most", keys: [.playground: "t"]),
  ]
}
