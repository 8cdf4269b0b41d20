import ExemplarPartitioning
import LanguageModel
import Storage

extension AblationSubject {
  /// A dictionary of another layer of the same model, over the same store.
  package struct OtherLayer: Sendable {
    package let hook: String
    package let dictionary: ExemplarDictionary
    package let name: String
    package let identity: String
    package let own: OwnPrompts
  }

  /// What is added at one hook, one median norm of it.
  package struct LayerSteering: Sendable, Equatable {
    package var hook: HookPoint
    package var target: [Float]
    /// Random, as long; `nil` without a control.
    package var null: [Float]?
  }

  /// The subject with dictionaries of other layers beside its own.
  ///
  /// - Throws: `ExperimentError.mismatch` for one of another model, of a hook that the store has not, or of one that is
  ///   there already.
  package func adding(
    _ files: [DictionaryFile], isOtherAllowed: Bool
  ) throws -> AblationSubject {
    var (subject, notices) = (self, [String]())
    for file in files {
      guard let hook = file.provenance.hook else {
        throw ExperimentError(.missing, "does not record its hook", file: file.name)
      }
      if let other = [(self.hook, dictionaryName)].first(where: { $0.0 == hook })
        ?? subject.others.map({ ($0.hook, $0.name) }).first(where: { $0.0 == hook })
      {
        throw ExperimentError(
          .mismatch, "expected dictionaries of different hooks, found \(hook) in \(other.1) too",
          file: file.name)
      }
      let width = try material.dimension(at: hook)
      guard file.dimension == width else {
        throw ExperimentError(
          .mismatch,
          "is of \(file.dimension) components, but \(material.name) has \(width) at \(hook)",
          file: file.name)
      }
      _ = try Self.match(file, material, isOtherAllowed: isOtherAllowed, &notices)
      let dictionary = try file.load()
      subject.others.append(
        OtherLayer(
          hook: hook, dictionary: dictionary, name: file.name, identity: file.identity,
          own: OwnPrompts(file, texts: dictionary.documents, of: material)))
    }
    subject.notices += notices
    return subject
  }

  /// Refusal directions of this layer and of the others, made of all prompts but those outside the train split.
  ///
  /// - Throws: `ExperimentError.missing` for a store without train prompts, or without the dictionaries of the layers;
  ///   `invalidValue` for anything but a steering, a control that names regions, or a layer without a direction.
  func refusalDirections(
    _ setup: AblationSetup, _ choice: DirectionChoice
  ) throws -> AblationDirections {
    guard case .steer = setup.intervention else {
      throw ExperimentError(
        .invalidValue, "refusal directions are steered along; expected a steering",
        file: dictionaryName)
    }
    guard choice.source != .shuffled else {
      throw ExperimentError(
        .invalidValue, "expected direction ep or prompt-mean, found shuffled, which is a control",
        file: dictionaryName)
    }
    guard setup.null.regions.isEmpty else {
      throw ExperimentError(
        .invalidValue,
        "the control of a refusal direction is a random one, or none; expected no regions",
        file: dictionaryName)
    }
    guard choice.layers == others.count + 1 else {
      throw ExperimentError(
        .missing,
        "expected the dictionaries of \(choice.layers) layers, found \(others.count + 1): those of the others are given beside it",
        file: dictionaryName)
    }
    let prompts = material.prompts.filter { $0.role != nil && $0.document.lastRow != nil }
    let roles = prompts.compactMap(\.role)
    let isHeld = prompts.map { $0.document.split != StoreSelection.trainSplit }
    for role in AblationPrompt.Role.allCases
    where !zip(roles, isHeld).contains(where: { $0 == role && !$1 }) {
      throw ExperimentError(
        .missing,
        "refusal directions are made of the harmful and benign prompts of split train; found no \(role.rawValue) one",
        file: material.name)
    }
    let first = OtherLayer(
      hook: hook, dictionary: dictionary, name: dictionaryName, identity: identity, own: own)
    let layers = try (others + [first]).map { (try HookPoint($0.hook), $0) }.sorted { $0.0 < $1.0 }
    // Only the shuffled control, which nothing is steered along, is dealt.
    var generator = NumPyGenerator(seed: setup.seed)
    var found: [SteeredDirections.Layer] = []
    var steering: [LayerSteering] = []
    var subspace: Subspace?
    for (place, (point, layer)) in layers.enumerated() {
      let rows = try material.lastRows(layer.hook, of: prompts)
      let width = layer.dictionary.dimension
      let read = DirectionLayer(
        hook: layer.hook, rows: rows, layer.dictionary, name: layer.name,
        identity: layer.identity, percentile: nil, threads: 1)
      let made: RefusalDirections
      do {
        made = try RefusalDirections(
          rows: rows, dimension: width, roles: roles, isHeld: isHeld, regions: read.regions,
          distances: read.distances, purity: choice.purity, generator: &generator)
      } catch {
        throw ExperimentError(.invalidValue, error.message, file: layer.name)
      }
      let direction = made[choice.source]
      func scaled(_ unit: [Float]) -> [Float] { unit.map { Float(Double($0) * made.norm) } }
      steering.append(
        LayerSteering(
          hook: point, target: scaled(direction.unit),
          null: setup.null == .none
            ? nil
            : scaled(
              RefusalDirections.random(
                0, layer: place, of: layers.count, dimension: width, seed: setup.seed))))
      found.append(
        SteeredDirections.Layer(
          hook: layer.hook, dictionary: layer.name, identity: layer.identity,
          harmful: direction.harmful, benign: direction.benign,
          harmfulRegions: made.pure.harmful.count, benignRegions: made.pure.benign.count,
          omittedRegions: made.omitted.count, medianNorm: made.norm))
      if layer.hook == hook {
        subspace = try Self.span([direction.unit], regions: [], dictionaryName)
      }
    }
    let held = Set(zip(prompts, isHeld).filter(\.1).map(\.0.id))
    let evaluated = try evaluated(setup)
    let among = evaluated.count { !held.contains($0.id) }
    // What the subject's own dictionary was built from is said with the experiment.
    let seen = others.compactMap { layer in
      layer.own.count(of: evaluated).sentence.map { "\(layer.name): \($0)" }
    }
    return AblationDirections(
      target: AblationTarget(
        regions: [], null: setup.null == .none ? .none : .random(seed: setup.seed),
        candidates: candidates?.ranked(by: .reference) ?? [], baseRate: candidates?.baseRate,
        notices: (among == 0
          ? []
          : [
            "\(among) of the evaluated prompts are among those that the directions were made of: they are not held out"
          ]) + seen,
        directions: SteeredDirections(
          source: choice.source, purity: choice.purity, layers: found, prompts: prompts.count,
          heldOut: held.count, evaluatedAmongThem: among)),
      subspace: subspace!, steering: steering)
  }
}

extension [AblationSubject.LayerSteering] {
  /// The steering at every hook in one run, and the control where there is one.
  func conditions(alpha: Float) -> [RunCondition] {
    func edits(_ vector: (Element) -> [Float]?) -> [Edit] {
      compactMap { layer in
        vector(layer).map { Edit(at: layer.hook, .steer(direction: $0, alpha: alpha)) }
      }
    }
    let control = edits(\.null)
    return [RunCondition(.baseline), RunCondition(.steered, edits: edits(\.target))]
      + (control.isEmpty ? [] : [RunCondition(.null, edits: control)])
  }
}
