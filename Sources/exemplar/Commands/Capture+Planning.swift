import Engines
import Experiments
import Foundation
import LanguageModel
import Storage
import TensorFiles

extension Capture {
  /// What a capture recorded that is to go on.
  private var unfinished: StoreProvenance? {
    guard !output.overwrite, let store = try? StoreFile(output.url) else { return nil }
    return store.provenance
  }

  /// The day that a capture which is to go on told its template: with today's, the same prompts would read otherwise.
  private var dateOfUnfinished: TemplateDate? {
    unfinished?.templateDate.flatMap { TemplateDate($0) }
  }

  /// What is recorded of the model, and its sizes.
  private func described(
    _ group: EngineGroup?
  ) throws -> (provenance: StoreProvenance, model: EngineDescription) {
    var (provenance, description) = try model.captured(group?.workers[0], notes: notes)
    guard let group else { return (provenance, description) }
    // What all of them are, where one alone may not say it.
    provenance.modelHash = group.modelHash
    provenance.rotaryPrecision = group.rotaryPrecision
    provenance.adapterHash = group.adapterHash
    if group.workers[0].loaded.revision == nil, let revision = group.revision {
      provenance.notes = [notes, "revision \(revision)"].compactMap(\.self).joined(separator: "; ")
    }
    description.engine = group.engine(goingOn: unfinished?.engine)
    return (provenance, description)
  }

  func plan(_ line: ProgressLine, _ group: EngineGroup?) throws -> CapturePlan {
    let tokenizer = try model.tokenizer(group?.workers.first)
    line.show("reading the input and the model's hash")
    let (provenance, model) = try described(group)
    var request = CaptureRequest(
      inputs: input.inputs
        + openers.map { .openers(URL(filePath: $0)) }
        + concepts.map { .concepts(URL(filePath: $0)) },
      hooks: try hooks.map { try HookPoint($0) },
      // Without prompts nothing is rendered, and a model without a template will do.
      template: prompts.isEmpty && concepts.isEmpty
        ? ChatTemplate(.raw)
        : try templates.template(for: tokenizer, date: dateOfUnfinished ?? .current()),
      system: templates.systemTurn, elementType: ElementType(rawValue: dtype.rawValue) ?? .f32,
      maxNewTokens: generate, openingTokens: openings, classifier: classifier,
      contextLength: input.contextLength(of: model, tokenizer),
      openerLength: length, temperature: temperature, seed: seed)
    request.provenance = provenance
    request.promptField = input.prompting.promptField
    request.textUnit = input.documents ?? .stream
    request.mostTextTokens = maxTokens
    request.mostTextDocuments = maxDocuments
    return try CapturePlan(request, tokenizer: tokenizer, model: model)
  }
}
