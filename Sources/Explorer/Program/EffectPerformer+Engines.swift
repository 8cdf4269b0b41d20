import Engines
import Experiments
import Storage

extension EffectPerformer {
  /// A worker with the model that it has loaded.
  struct OpenWorker {
    var choice: EngineChoice
    var model: WorkerModel
    var engine: WorkerEngine
  }

  /// The engine that was chosen, with a model loaded; started the first time, and again where it has ended. `nil` where models
  /// run here.
  ///
  /// - Parameters:
  ///   - name: what a dictionary or store calls the model, where none was given.
  ///   - precision: what it records that rotary frequencies were rounded to.
  ///   - tell: what is being done, a line.
  func openWorker(
    named name: String?, precision: String?, tell: (String) -> Void = { _ in }
  ) throws -> WorkerEngine? {
    let attachments = options.attachments
    guard let choice = attachments.engine else { return nil }
    guard let named = attachments.model ?? name else {
      throw NotAttached("the engine has to be told which model: start with --model MODEL")
    }
    let model = WorkerModel(named, adapter: attachments.adapter, rotaryPrecision: precision)
    return try worker.withLock { worker in
      if let worker, worker.model == model, worker.engine.isUsable { return worker.engine }
      worker?.engine.end()
      worker = nil
      let engine = try WorkerEngine(
        command: choice.command, name: choice.name, model: model,
        client: "exemplar \(toolVersion)", silence: choice.silence, progress: tell)
      worker = OpenWorker(choice: choice, model: model, engine: engine)
      return engine
    }
  }

  /// What dictionaries' weights are called, found without starting an engine.
  ///
  /// - Throws: as ``checkpoint(for:)``.
  func weightsName(for files: [DictionaryFile]) throws -> String {
    let attachments = options.attachments
    guard let choice = attachments.engine else {
      let checkpoint = try checkpoint(for: files)
      let title = files.first.map { self.title(of: checkpoint.files, for: $0) }
      return (title ?? checkpoint.files.title) + (checkpoint.adapterName.map { " + \($0)" } ?? "")
    }
    guard let model = attachments.model ?? files.first?.provenance.model else {
      throw NotAttached("the engine has to be told which model: start with --model MODEL")
    }
    return "\(EngineText.line(model, atMost: 60)) on \(EngineText.line(choice.name, atMost: 40))"
  }
}
