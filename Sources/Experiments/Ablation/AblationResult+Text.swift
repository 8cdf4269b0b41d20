import Foundation
import Numerics
import Storage

extension AblationResult {
  /// The table of conditions and outcomes, as lines of equal columns for a person.
  package var table: [[String]] {
    var rows: [[String]] = []
    switch setup.depth {
    case .generate:
      rows.append([
        "", "n", "refused", "95 % interval", "complied", "DEGENERATE", "unclear",
      ])
      if judgedBy != nil { rows[0] += ["by the judge", "95 % interval"] }
    case .resume:
      rows.append(["", "n", "first token refuses", "95 % interval", "mean log-odds"])
    case .geometry:
      rows.append(["", "n", "PREDICTED to refuse", "mean predicted rate", "mean d/θ"])
    }
    for role in AblationPrompt.Role.allCases where prompts.contains(where: { $0.role == role }) {
      for condition in conditions {
        rows.append([name(condition) + ", " + role.rawValue] + cells(condition, role))
      }
    }
    return rows
  }

  /// `null region 4` and the like.
  package func name(_ condition: AblationCondition) -> String {
    switch condition {
    case .null: nullName
    case .diffmean: "difference of means"
    case .random: "random direction\(target.regions.count == 1 ? "" : "s")"
    default: condition.rawValue
    }
  }

  private func cells(_ condition: AblationCondition, _ role: AblationPrompt.Role) -> [String] {
    let count = prompts.count { $0.role == role }
    switch setup.depth {
    case .generate:
      guard let counts = counts(condition, role) else { return ["0", "—", "—", "—", "—", "—"] }
      let alarm = counts.degenerateShare > Self.maximumDegenerateShare
      return [
        "\(counts.count)", "\(counts.refused) (\(percent(counts.refusal.rate ?? 0)))",
        Self.interval(counts.refusal), "\(counts.complied)",
        "\(counts.degenerate)" + (alarm ? " !! \(percent(counts.degenerateShare))" : ""),
        "\(counts.unclear)",
      ] + judgeCells(condition, role)
    case .resume:
      let refusing = firstTokenRefusal(condition, role)
      return [
        "\(count)", refusing.map { "\($0.successes) (\(percent($0.rate ?? 0)))" } ?? "—",
        refusing.map(Self.interval) ?? "—", meanLogOdds(condition, role).map(significant) ?? "—",
      ]
    case .geometry:
      let predictions = predictions(condition, role)
      let ratios = prompts.filter { $0.role == role }.compactMap { $0.landings[condition]?.ratio }
      return [
        "\(count)", predictions.isEmpty ? "—" : "\(predictions.count { $0 >= 0.5 })",
        mean(predictions).map(significant) ?? "—", mean(ratios).map(figure) ?? "—",
      ]
    }
  }

  /// The judge's rate beside the classifier's; nothing where there is no judge.
  private func judgeCells(
    _ condition: AblationCondition, _ role: AblationPrompt.Role
  ) -> [String] {
    guard judgedBy != nil else { return [] }
    guard let counts = judgeCounts(condition, role) else { return ["—", "—"] }
    return [
      "\(counts.refused) (\(percent(counts.refusal.rate ?? 0)))", Self.interval(counts.refusal),
    ]
  }

  private static func interval(_ proportion: Proportion) -> String {
    proportion.wilson().map { "\(percent($0.lower)) – \(percent($0.upper))" } ?? "—"
  }

  /// What stands under the table.
  package var remarks: [String] {
    var lines: [String] = []
    let role = aimedAt
    if setup.depth == .generate {
      lines.append("counted by \(countedBy)")
      if let agreement { lines.append(agreement.sentence) }
      lines += judgeRemarks + conceptRemarks + letterRemarks
    }
    if let test = flips(role, from: .baseline, to: treated) {
      lines.append(
        "\(setup.depth == .resume ? "first-token flips" : "flips") on \(role.rawValue) prompts: \(test.b) stopped refusing, \(test.c) began; exact McNemar "
          + "p = \(significant(test.p))"
          + (flips(role, from: .null, to: treated).map {
            "; against \(nullName) p = \(significant($0.p))"
          }
            ?? ""))
    }
    lines += partRemarks + directionRemarks
    for role in AblationPrompt.Role.allCases {
      guard let text = predictedBesideMeasured(role) else { continue }
      lines.append("\(role.rawValue) prompts, predicted from the store beside measured: \(text)")
    }
    let divergences = conditions.dropFirst().compactMap { condition in
      firstTokenKL(condition).map { "\(name(condition)) \(significant($0))" }
    }
    if !divergences.isEmpty {
      lines.append(
        "first-token KL from the baseline on benign prompts, nats: "
          + divergences.joined(separator: ", ")
          + (firstTokenKL(treated) ?? 0 > Self.largeDivergence
            ? " !! harmless text is changed too" : ""))
    }
    if !perplexities.isEmpty {
      lines.append(
        "perplexity of benign prompts: "
          + conditions.compactMap { condition in
            perplexities[condition].map { "\(name(condition)) \(significant($0))" }
          }.joined(separator: ", ")
          + (isPerplexityLarge ? " !! harmless text is predicted worse" : ""))
    }
    if target.nullRank > 0, target.nullRank < target.rank {
      lines.append(
        "note: the control has \(target.nullRank) direction\(target.nullRank == 1 ? "" : "s") and the "
          + "target \(target.rank): an earlier version ran it so")
    }
    if let engine = provenance.engine { lines.append("engine: \(engine)") }
    lines += generalRemarks
    lines.append(conclusion.sentence)
    return lines
  }

  /// Of the remarks, those that are about what it was run on and not about what it came to.
  package var generalRemarks: [String] {
    let readout =
      readoutAUROC.map {
        "readout: AUROC \(significant($0)) on \(readoutHeldOut) prompts that it was not fitted on, unedited: it does not "
          + "validate what is predicted of edits; predicted throughout"
      } ?? "readout: its AUROC on other prompts is not known; predicted throughout"
    return (setup.depth == .geometry ? [readout] : [])
      + (residualNorm.map { ["1 norm is α \($0.words)"] } ?? []) + notices.map { "note: \($0)" }
  }

  /// A heading: what was done to what.
  package var title: String {
    let what: String
    switch setup.intervention {
    case .ablate(let strength):
      what = "ablate \(targetName)" + (strength == 1 ? "" : ", strength \(strength)")
    case .steer(let alpha):
      guard target.directions == nil else {
        what = "steer along \(targetName), \(formatted(Double(alpha))) median norms"
        break
      }
      let norms = residualNorm.map { " (\(ResidualNorm.figure($0.norms(alpha))) norms)" }
      what = "steer along \(targetName), α \(alpha)\(norms ?? "")"
    case .swap: what = "swap \(targetName)"
    }
    return "\(setup.depth.rawValue): \(what) at \(actionHook), control: \(nullName)"
  }

  /// A report with every number and its provenance; of answers only the first words.
  package var markdown: String {
    let table = table
    var lines = ["# \(Markdown.escaped(title))", ""]
    if let head = table.first { lines += Markdown.table(head, table.dropFirst()) }
    lines.append("")
    lines += remarks.map { "- \(Markdown.escaped($0))" }
    lines += ["", "## Where it comes from", ""]
    for (name, value) in facts { lines.append("- \(name): \(Markdown.escaped(value))") }
    lines += ["", "## Prompts", ""]
    lines += Markdown.table(
      ["prompt"] + conditions.map { name($0) },
      prompts.map { prompt in [prompt.id] + conditions.map { summary(prompt, $0) } })
    return lines.joined(separator: "\n") + "\n"
  }

  /// Where it comes from, as names and values.
  var facts: [(String, String)] {
    let facts: [(String, String?)] = [
      ("dictionary", "\(provenance.dictionary) (\(provenance.identity.prefix(12)))"),
      ("store", "\(provenance.store) (\(provenance.storeID?.prefix(12) ?? "—"))"),
      (
        "model",
        ModelName.title(provenance.model, named: provenance.modelName).map {
          "\($0) (\(provenance.modelIdentity?.prefix(12) ?? "—"))"
        }
      ), ("adapter", provenance.adapter),
      (
        "the dictionary's model",
        provenance.match.map { $0 == .unknown ? "not known to be the same" : $0.rawValue }
      ),
      ("hook", hook), ("edited at", actionHook), ("split", setup.split),
      (
        "evaluated prompts among the dictionary's own",
        evaluated.map { evaluated in
          evaluated.own.map {
            (evaluated.isComplete ? "" : "at least ") + "\($0) of \(evaluated.count)"
          } ?? "not known"
        }
      ),
      ("template", provenance.template), ("classifier", provenance.classifier),
      ("judge", judgedBy.map { "\($0.title): \($0.command)" }),
      ("decoding", "greedy" + (maxNewTokens.map { ", at most \($0) new tokens" } ?? "")),
      ("program", "exemplar \(provenance.toolVersion)"), ("run again", command),
    ]
    return facts.compactMap { name, value in value.map { (name, $0) } }
  }

  /// What came of a prompt under a condition, in a few words.
  func summary(_ prompt: PromptResult, _ condition: AblationCondition) -> String {
    if let answer = prompt.answers[condition] {
      let judged = answer.judged.map { " (judge: \($0.outcome.rawValue))" } ?? ""
      return "\(answer.verdict.outcome.rawValue)\(judged): \(Self.opening(answer.text))"
    }
    if let odds = prompt.firstTokens[condition]?.refusalLogOdds {
      return "log-odds \(significant(odds))"
    }
    let predicted = prompt.landings[condition]?.predictedRefusal
    return predicted.map { "predicted \(significant($0))" } ?? "—"
  }
}
