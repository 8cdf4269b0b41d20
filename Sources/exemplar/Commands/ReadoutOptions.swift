import ArgumentParser
import Experiments
import Foundation
import LanguageModel
import Storage

/// `match --occupancy --readout MODEL`: the words of regions.
struct ReadoutOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      With --occupancy: what the child's rows say in tokens, by the input embeddings and the lens of this model, which is \
      the parent's.
      """, valueName: "model"))
  var readout: String?

  @Option(help: "A PEFT LoRA for --readout; the parent's own is found by its recorded hash.")
  var adapter: String?

  @Option(help: "Tokens of each readout; 15 without it.")
  var readoutTokens: Int?

  @Option(
    help:
      "With --readout: how many tokens come before this word, where it is known; chooses nothing.")
  var secret: String?

  @OptionGroup var running: EngineOption
  @OptionGroup var other: OtherModelOption

  func validate() throws {
    let given: [(String, Bool)] = [
      ("--adapter", adapter != nil), ("--readout-tokens", readoutTokens != nil),
      ("--secret", secret != nil), ("--engine", running.isGiven),
      ("--other-model", other.otherModel),
    ]
    if readout == nil, let (name, _) = given.first(where: { $0.1 }) {
      throw ValidationError("\(name) is of --readout")
    }
    guard (1...1000).contains(readoutTokens ?? 15) else {
      throw ValidationError("expected --readout-tokens of 1 to 1000")
    }
    guard secret.map({ !$0.allSatisfy(\.isWhitespace) }) ?? true else {
      throw ValidationError("expected a word of --secret")
    }
  }

  var count: Int { readoutTokens ?? 15 }

  /// Readouts with what spells their tokens; `nil` where none are asked for.
  func words(
    _ rows: PairedRows, of regions: [Int], in child: DictionaryFile, parent: DictionaryFile,
    at path: String, threads: Int, quiet: Bool
  ) throws -> RegionWords? {
    guard let readout else { return nil }
    let loaded = try LoadedModel(
      try other.checkpoint(
        readout, adapter: adapter, for: [parent], at: [path], on: running, threads: threads,
        quiet: quiet
      ).asRead(), threads: threads)
    let line = ProgressLine(isQuiet: quiet)
    let found = try OccupancyReadout(
      try rows.directions(of: regions, in: child, threads: threads), loaded.engine,
      file: child.name
    ) { done, total in
      try Interruption.check()
      line.show("embeddings: \(done) of \(total)")
    }
    line.clear()
    let ids = try secret.map { word in
      let ids = OccupancyReadout.firstTokens(of: word, loaded.tokenizer)
      guard !ids.isEmpty else {
        throw ExperimentError(
          .invalidValue, "expected a word that the model has tokens of, found \(oneLine(word))",
          file: "--secret")
      }
      return ids
    }
    return RegionWords(found, secret: ids, count: count) { loaded.tokenizer.spelling(of: $0) }
  }
}
