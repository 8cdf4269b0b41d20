import Experiments
import Storage
import Terminal
import Testing

@testable import Explorer

struct LabTests {
  @Test func `the lab opens on the selected region and says what the store knows`() throws {
    let explorer = try LabExplorer.make()
    explorer.type("a")
    #expect(explorer.state.screen == .lab)
    #expect(explorer.text.contains("Ablation lab › region 0"))
    #expect(
      explorer.text.contains("train 6 harmful") || explorer.text.contains("heldout 6 harmful"))
    #expect(explorer.text.contains("Training prompts refused"))
    #expect(explorer.keys.hasPrefix("1 geometry"))
    explorer.type("<Esc>")
    #expect(explorer.state.screen == .regions)
  }

  @Test func `before anything is run, the lab says where to begin and what else there is`() throws {
    let explorer = try LabExplorer.make(refusing: true)
    explorer.type("a")
    let subject = try #require(explorer.state.lab?.subject)
    let best = try #require(subject.candidates[.reference]?.first?.region)
    #expect(explorer.text.contains("strength ←: swap all"), "\(explorer.text)")
    explorer.type("<Esc>")
    let other = try #require((0..<8).first { $0 != best })
    explorer.type("a")
    explorer.state.lab?.turn(to: other)
    #expect(
      explorer.text.contains("target →: region \(best) first"),
      "\(explorer.text)")
    explorer.type("<Right>")
    #expect(explorer.state.lab?.targetRegions == [best])
    #expect(explorer.row(with: "▸ region \(best)") != nil, "\(explorer.text)")
  }

  @Test func `a result says what may be asked next`() throws {
    let explorer = try LabExplorer.make(columns: 200, rows: 60)
    explorer.type("a1")
    #expect(explorer.text.contains("next: 2 resume measures"), "\(explorer.text)")
    explorer.type("2")
    #expect(explorer.text.contains("next: 3 generate writes"), "\(explorer.text)")
    explorer.type("3")
    #expect(explorer.text.contains("next: beside →"), "\(explorer.text)")
    explorer.type("1")
    explorer.state.lab?.subject?.weights = .missing("the weights are not here")
    #expect(!explorer.text.contains("next:"), "\(explorer.text)")
  }

  @Test func `geometry is marked as predicted and concludes nothing`() throws {
    let explorer = try LabExplorer.make(withModel: false)
    explorer.type("a1")
    #expect(explorer.text.contains("PREDICTED · geometry"))
    #expect(explorer.text.contains("Predicted, not measured"))
    #expect(explorer.state.lab?.run?.result?.isComplete == true)
    #expect(explorer.state.lab?.ledger.count == 12)
  }

  @Test func `a result says of which region it is, where another is the target by now`() throws {
    let explorer = try LabExplorer.make(columns: 80, rows: 24)
    explorer.type("a1")
    #expect(explorer.row(with: "PREDICTED · geometry · region") == nil)
    let target = try #require(explorer.state.lab?.run?.result?.targetName)
    explorer.state.lab?.setup.target = .regions([1])
    #expect(explorer.row(with: "PREDICTED · geometry · \(target)") != nil, "\(explorer.text)")
  }

  @Test(arguments: [(80, 24), (100, 30), (200, 60)])
  func `what is said under the table is said to its end, if need be after scrolling`(
    columns: Int, rows: Int
  ) throws {
    for (keys, footnote) in [("1", "† predicted"), ("2", "* the first token")] {
      let explorer = try LabExplorer.make(columns: columns, rows: rows)
      explorer.type("a\(keys)")
      var found = false
      for _ in 0..<8 where !found {
        // The ledger stands beside it where there is width.
        let lines = explorer.text.split(separator: "\n").map { line in
          (line.split(separator: "│").first ?? "").trimmingCharacters(in: .whitespaces)
        }
        #expect(!explorer.text.contains("… "), "\(explorer.text)")
        #expect(!explorer.text.contains("(seed  "), "a name is cut: \(explorer.text)")
        if let first = lines.firstIndex(where: { $0.contains(footnote) }) {
          found = true
          #expect(lines[first...].prefix(5).contains { $0.hasSuffix(".") }, "\(explorer.text)")
        }
        explorer.type("<PageDown>")
      }
      #expect(found, "\(explorer.text)")
    }
  }

  @Test func `the verdict of a small screen is scrolled to its last figure`() throws {
    let explorer = try LabExplorer.make(columns: 60, rows: 16)
    explorer.type("a3")
    let result = try #require(explorer.state.lab?.run?.result)
    var seen = explorer.text
    for _ in 0..<12 where explorer.text.contains("PgDn · rows") {
      explorer.type("<PageDown>")
      seen += explorer.text
    }
    let words = seen.split(whereSeparator: { $0 == " " || $0 == "\n" }).joined(separator: " ")
    #expect(words.contains("harmful refuse: baseline"), "\(seen)")
    let null = try #require(result.refusing(.null, .harmful))
    #expect(words.contains("\(null.successes)/\(null.count)"), "\(seen)")
  }

  @Test func `a steering is told to its end where its field is narrow`() throws {
    let explorer = try LabExplorer.make()
    explorer.type("ajj")
    for _ in 0..<10 {
      explorer.type("<Right>")
      guard case .steer = explorer.state.lab?.setup.intervention else { continue }
      let row = try #require(explorer.row(with: "strength ‹ "))
      let field = explorer.screen.text(row: row).prefix(40)
      #expect(field.contains("norms ›") || field.contains(" ›"), "\(field)")
      #expect(!field.contains("…"), "\(field)")
    }
  }

  @Test(arguments: [(80, 24), (100, 30), (200, 60)])
  func `every row of a verdict can be reached, and which are shown is said`(
    _ columns: Int, _ rows: Int
  ) throws {
    let explorer = try LabExplorer.make(columns: columns, rows: rows)
    explorer.type("ajjjj<Right>2")
    let result = try #require(explorer.state.lab?.run?.result)
    #expect(result.conditions.contains(.diffmean))
    /// Rows of the benign table, by their names.
    func benign() -> [String] {
      let lines = explorer.text.split(separator: "\n").map(String.init)
      guard let first = lines.firstIndex(where: { $0.contains("benign prompts, n = 6") }) else {
        return []
      }
      return result.conditions.map(result.name).filter { name in
        lines[(first + 1)...].prefix(result.conditions.count).contains {
          $0.hasPrefix(" \(name.prefix(20))")
        }
      }
    }
    if rows == 60 {
      #expect(benign().count == result.conditions.count)
      #expect(!explorer.text.contains("PgDn · rows"))
      return
    }
    let field = explorer.state.lab?.field
    #expect(explorer.text.contains("PgDn · rows 1 to "))
    #expect(rows == 30 || benign().count < result.conditions.count)
    var (isWhole, isSaid) = (false, false)
    for _ in 0..<8 where explorer.text.contains("PgDn · rows") {
      explorer.type("<PageDown>")
      isWhole = isWhole || benign().count == result.conditions.count
      isSaid = isSaid || explorer.text.contains("first-token KL")
    }
    #expect(isWhole && isSaid, "\(explorer.text)")
    #expect(explorer.text.contains("PgUp · rows "))
    // The fields are where they were, and a new experiment is read from its beginning.
    #expect(explorer.state.lab?.field == field)
    explorer.type("1")
    #expect(explorer.text.contains("PgDn · rows 1 to "))
    // A screen that grows shows all of it.
    explorer.type("<PageDown>")
    explorer.act(.resize(columns: 200, rows: 60))
    #expect(!explorer.text.contains("· rows ") && benign().count == result.conditions.count)
  }

  @Test func `without weights nothing but geometry runs, and the reason is said`() throws {
    let explorer = try LabExplorer.make(withModel: false)
    // The folder that the store names lies beside it, so it has to go first.
    explorer.state.lab == nil ? explorer.type("a") : ()
    if case .found = explorer.state.lab?.subject?.weights {
      // Weights beside the store are found by their name.
      explorer.type("2")
      #expect(explorer.text.contains("MEASURED · resume"))
    } else {
      explorer.type("2")
      #expect(explorer.status.contains("only geometry can run"))
    }
  }

  @Test func `whole answers stand beside each other, and are saved`() throws {
    let explorer = try LabExplorer.make(columns: 200, rows: 60)
    explorer.type("a3")
    let run = try #require(explorer.state.lab?.run)
    let result = try #require(run.result)
    #expect(result.isComplete && run.saved == 1)
    #expect(explorer.text.contains("MEASURED · generate"))
    #expect(explorer.text.contains("harmful prompts, n = 6"))
    #expect(explorer.text.contains("95 % interval"))
    // So few prompts carry no conclusion, and the screen says so.
    #expect(explorer.text.contains("No conclusion"))
    #expect(result.prompts.allSatisfy { $0.answers.count == result.conditions.count })
    explorer.type("<Tab>g<Enter>")
    #expect(explorer.state.lab?.isReading == true)
    #expect(explorer.text.contains(result.prompts[0].id))
    explorer.type("<Esc>f")
    #expect(explorer.state.lab?.filter == .flips)
    #expect(explorer.status.contains("flips only"))
  }

  @Test func `values of the form go round`() throws {
    let explorer = try LabExplorer.make()
    explorer.type("aj<Right>")
    #expect(explorer.state.lab?.setup.basis == .exemplar)
    explorer.type("<Left><Left>")
    #expect(explorer.state.lab?.setup.basis == .reanchored)
    explorer.type("j<Right>")
    #expect(explorer.state.lab?.setup.intervention == .ablate(strength: 0.75))
    explorer.type("j<Right>")
    #expect(explorer.state.lab?.setup.null == .random)
  }

  @Test(arguments: [(80, 24), (200, 60)])
  func `baselines stand beside the region, and words of one's own are counted`(
    _ columns: Int, _ rows: Int
  ) throws {
    let explorer = try LabExplorer.make(columns: columns, rows: rows)
    explorer.type("ajjjj<Right>")
    #expect(explorer.state.lab?.setup.hasBaselines == true)
    #expect(explorer.text.contains("‹ diff. of means, random ›"))
    explorer.type("jjjj<Enter>")
    #expect(explorer.status.contains("count answers with"))
    explorer.type("word: a<Enter>")
    #expect(explorer.status.contains("expected “words:"))
    explorer.type("<Ctrl-u>regex: .<Enter>")
    #expect(explorer.state.lab?.counting == .pattern("."))
    #expect(explorer.text.contains("regex: ."))
    explorer.type("1")
    #expect(explorer.status.contains("“regex: .” is counted in whole answers: 3 writes them"))
    explorer.type("3")
    let result = try #require(explorer.state.lab?.run?.result)
    #expect(result.conditions.contains(.diffmean))
    #expect(result.counting == .pattern("."))
    #expect(result.counted(.baseline, .harmful)?.count == 6)
    let saved = try AblationResult.saved(
      try #require(explorer.state.lab?.run?.saved), in: explorer.performer.openNotebook()
    ).result
    #expect(saved.counting == .pattern("."))
    // With a page of its own there is room for all of it.
    if rows == 60 {
      #expect(explorer.text.contains("harmful answers with “regex: .”: baseline"))
      #expect(explorer.text.contains("difference of means"))
    }
    explorer.type("<Left>")
    #expect(explorer.status.contains("count answers with"))
    explorer.type("<Ctrl-u><Enter>")
    #expect(explorer.state.lab?.counting == nil && explorer.text.contains("refusals alone"))
  }

  @Test func `a swap shows what its parts do beside it, as many as fit`() throws {
    let explorer = try LabExplorer.make(columns: 200, rows: 60, percentile: 4)
    explorer.type("ajj<Left>")
    #expect(explorer.state.lab?.setup.intervention == .swap)
    #expect(explorer.text.contains("all wholly harmful regions"))
    #expect(explorer.text.contains("as many random directions"))
    explorer.type("2")
    let result = try #require(explorer.state.lab?.run?.result)
    #expect(result.isComplete && result.conditions.count == 8)
    #expect(explorer.text.contains("wholly harmful regions for"))
    func header() -> Substring? {
      explorer.text.split(separator: "\n").first { $0.contains("conditions more ›") }
    }
    #expect(header()?.contains("baseline") == true && header()?.contains("swap-global") == false)
    // The chosen condition comes into sight.
    explorer.type("<Tab>g" + String(repeating: "<Right>", count: 7))
    #expect(explorer.state.lab?.condition == .globalSwap)
    #expect(header()?.contains("swap-global") == true && header()?.contains("baseline") == false)
  }

  @Test func `a search over regions ranks them by what taking each out does`() throws {
    let explorer = try LabExplorer.make(columns: 120, rows: 40)
    explorer.type("as")
    let lab = try #require(explorer.state.lab)
    // With answers of one outcome only no token tells refusals apart, and that is said.
    if let failure = lab.series?.failure {
      #expect(failure.contains("tells refusals apart"))
      #expect(explorer.text.contains("tells refusals apart"))
    } else {
      let changes = lab.series?.points.compactMap(\.logOddsChange) ?? []
      #expect(changes == changes.sorted() && !changes.isEmpty)
    }
  }

  @Test func `a dictionary without a store says how to make one`() throws {
    let explorer = try LabExplorer.make(withStore: false)
    explorer.type("a")
    #expect(explorer.text.contains("no store of captured activations"))
    #expect(explorer.text.contains("exemplar capture"))
    explorer.type("1")
    #expect(explorer.status.contains("no store"))
  }

  @Test func `a stopped experiment keeps what was answered and says so`() throws {
    let explorer = try LabExplorer.make()
    explorer.type("a")
    var state = explorer.state
    let effects = state.update(.run(.labGenerate))
    let id = try #require(effects.first?.id)
    #expect(state.lab?.isRunning == true)
    let stop = state.update(.run(.labStop))
    #expect(stop.contains { $0.work == .cancel(id) })
    _ = state.update(.replied(id, LabWork.reply(.stopped(saved: nil))))
    #expect(state.lab?.isRunning == false && state.lab?.run?.wasStopped == true)
    // What arrives for an experiment that is over changes nothing.
    let before = state
    _ = state.update(.replied(id, LabWork.reply(.events([.finished(seconds: 1)]))))
    #expect(state == before)
  }

  @Test(arguments: [Command.labGenerate, .labSearch])
  func `^C stops the work of the lab rather than asking to leave`(_ command: Command) throws {
    let explorer = try LabExplorer.make()
    explorer.type("a")
    var state = explorer.state
    let id = try #require(state.update(.run(command)).first?.id)
    #expect(state.update(.interrupt).contains { $0.work == .cancel(id) })
    #expect(state.overlay == nil)
    // There is nothing left to stop: now it asks.
    _ = state.update(.interrupt)
    #expect(state.overlay != nil)
  }
}
