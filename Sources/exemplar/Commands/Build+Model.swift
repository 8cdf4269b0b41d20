import ArgumentParser
import Engines
import Experiments
import Foundation
import LanguageModel
import Storage

/// A build straight from a model.
extension Build {
  /// The model as this command was told it.
  private struct Choice: ModelChoice {
    var model: String
    var adapter: String?
    var running: EngineOption
    var rotaryPrecision: RotaryOption.Precision?
  }

  /// Refuses options of one way to build beside the other's.
  func validateInput() throws {
    guard input.areGiven else {
      guard activations != nil else {
        throw ValidationError(
          "expected ACTIVATIONS, or --model with --text or --prompts for the model to read")
      }
      for (option, isGiven) in [
        ("--engine", running.isGiven), ("--rotary-precision", rotary.rotaryPrecision != nil),
        ("--template, --system and the like", templates.areGiven || templates.defaultSystem),
      ] where isGiven {
        throw ValidationError("\(option): of --text and --prompts, which are not there")
      }
      return
    }
    guard activations == nil else {
      throw ValidationError(
        "--text and --prompts are for a model to read: expected no ACTIVATIONS beside them")
    }
    guard model != nil else { throw ValidationError("expected --model, which reads") }
    guard hook != nil else { throw ValidationError("expected --hook, which is read") }
    guard checkpointSeconds >= 0, checkpointSeconds <= 1e6 else {
      throw ValidationError("expected --checkpoint-seconds of 0 or more")
    }
    for (option, isGiven, owner) in [
      ("--batch-size", batchSize != nil, "a single file of rows"),
      ("--metadata", metadata != nil, "a single file of rows"),
    ] where isGiven {
      throw ValidationError("\(option): of \(owner), and a model reads documents")
    }
    for (option, isGiven) in [
      ("--positions \(positions.rawValue)", positions != .all),
      ("--template, --system and the like", templates.areGiven),
    ] where isGiven && input.prompts.isEmpty {
      throw ValidationError("\(option): of --prompts, which is not there")
    }
    guard maxTokens ?? 2 > 1 || input.text.isEmpty else {
      throw ValidationError("expected --max-tokens of 2 or more")
    }
  }

  func runFromModel(percentile: Double) throws {
    guard let model, let hook else { return }
    let choice = Choice(
      model: model, adapter: adapter, running: running, rotaryPrecision: rotary.rotaryPrecision)
    let line = ProgressLine(isQuiet: style.quiet)
    let worker = try choice.worker(threads: threadCount.threads, quiet: style.quiet)
    line.show("reading the input and the model's hash")
    let plan = try plan(choice, hook: hook, worker)
    line.clear()
    if !style.quiet {
      for notice in plan.notices { StandardError.print("note: \(oneLine(notice))") }
    }
    let sets = try StoreSelection.writtenSets(sets, of: "--sets")
    let split = try split ?? plan.standardSplit(ofSets: sets)
    let engine = try choice.load(worker, threads: threadCount.threads, quiet: style.quiet)
    let stream = try ModelStream(
      plan, engine, positions: positions,
      selection(hook: hook, sets: sets, split: split, isOfDocuments: true))
    let source = ActivationSource(stream, of: plan.request.inputs[0].url)
    var given = source.recorded.provenance
    given.split = split
    let request = try request(source, percentile: percentile, given, isOfDocuments: true)
    let checkpoint = try BuildCheckpoint(
      of: output.url, settings: stream.settings + request.settings,
      interval: .seconds(checkpointSeconds), overwrite: output.overwrite)
    if checkpoint.isResumed, !style.quiet {
      StandardError.print("going on from \(oneLine(checkpoint.url.lastPathComponent))")
    }
    let result = try read(request, checkpoint, line)
    try write(result)
    checkpoint.remove()
    line.clear()
    BuiltDictionaryRecord(try DictionaryFile(output.url), seconds: line.seconds)
      .print(style, selection: result.selectionWords)
  }

  private func read(
    _ request: DictionaryBuildRequest, _ checkpoint: BuildCheckpoint, _ line: ProgressLine
  ) throws -> DictionaryBuildResult {
    let begun = ContinuousClock.now
    // A dictionary that is there is still to be replaced; a checkpoint of the same build is gone on from in any case.
    let command = ResumingCommand.text(keepingOverwrite: true)
    let folder = FileManager.default.currentDirectoryPath
    do {
      return try ExperimentError.calibrating(on: request.source) {
        try DictionaryBuild.run(request, checkpoint: checkpoint) { progress in
          try Interruption.check()
          let status = BuildStatus(
            progress, of: request.provenance, percentile: request.calibration.percentile,
            spent: (ContinuousClock.now - begun) / .seconds(1), command: command, folder: folder)
          checkpoint.tell(status)
          line.show(status.words)
        }
      }
    } catch {
      line.clear()
      let place = oneLine(checkpoint.url.lastPathComponent)
      let kept =
        checkpoint.isKept
        ? "what was read is kept in \(place), and this goes on from there:\n\(command)"
        : "nothing was kept yet"
      if error is Interruption {
        StandardError.print("interrupted; \(kept)")
        throw ExitCode(130)
      }
      if checkpoint.isKept { StandardError.print(kept) }
      throw error
    }
  }

  private func plan(
    _ choice: Choice, hook: String, _ worker: WorkerEngine?
  ) throws -> CapturePlan {
    let tokenizer = try choice.tokenizer(worker)
    let (provenance, model) = try choice.captured(worker, notes: nil)
    // A build that goes on tells its template the day that it began: with today's, the same prompts would read otherwise.
    let date =
      output.overwrite
      ? nil
      : BuildCheckpoint.recorded("templateDate", of: output.url).flatMap { TemplateDate($0) }
    var request = CaptureRequest(
      inputs: input.inputs, hooks: [try HookPoint(hook)],
      // Without prompts nothing is rendered, and a model without a template will do.
      template: input.prompts.isEmpty
        ? ChatTemplate(.raw) : try templates.template(for: tokenizer, date: date ?? .current()),
      system: templates.systemTurn,
      contextLength: input.contextLength(of: model, tokenizer))
    request.provenance = provenance
    request.promptField = input.prompting.promptField
    request.textUnit = input.documents ?? .stream
    // The reference's script counts what it builds from, after its calibration; so does --as-reference.
    if !input.text.isEmpty, !asReference {
      request.mostTextTokens = maxTokens
      request.mostTextDocuments = maxDocuments
    }
    return try CapturePlan(request, tokenizer: tokenizer, model: model)
  }
}
