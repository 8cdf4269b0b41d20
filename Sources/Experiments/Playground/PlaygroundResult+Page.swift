extension PlaygroundResult {
  /// The playground as a page: every prompt with its answers, as far as they are known here.
  package var page: HTMLPage {
    var blocks: [HTMLPage.Block] = [.remarks(remarks)]
    for prompt in prompts {
      blocks += [
        .heading(prompt.text),
        .facts(
          conditions.compactMap { condition in
            guard let answer = prompt.answers[condition] else { return nil }
            let isOpening = answer.isOpening ? ", its first words" : ""
            return (
              "\(name(condition)) · \(answer.verdict.outcome.rawValue)\(isOpening)", answer.text
            )
          }),
      ]
    }
    let record = PlaygroundRecord(self, experiment: nil)
    return HTMLPage(
      title: title,
      blocks: blocks + [
        .heading("Where it comes from"),
        .facts(
          HTMLPage.facts(JSONValue(encoding: record).entries)
            + HTMLPage.facts(JSONValue(encoding: record.provenance).entries)),
      ])
  }
}
