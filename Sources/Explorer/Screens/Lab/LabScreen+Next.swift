import Experiments

extension LabScreen {
  /// What a person may ask after the result that is shown; `nil` where nothing follows from it.
  func nextStep(in session: Session) -> String? {
    guard let result = run?.result, let subject else { return nil }
    switch result.setup.depth {
    case .geometry:
      guard subject.hasWeights else { return nil }
      let key = session.key(.labResume, in: .lab)
      return "\(key) resume measures the first tokens of these prompts"
    case .resume:
      return "\(session.key(.labGenerate, in: .lab)) generate writes and judges the whole answers"
    case .generate:
      switch result.setup.intervention {
      case .ablate:
        // Wherever the field stands by now.
        let swap = "strength has the swap of wholly harmful regions for wholly benign ones"
        guard result.setup.hasBaselines != true else { return swap }
        return
          "beside \(session.key(.labMore, in: .lab)) puts the field's own direction (difference of means) and a random one "
          + "beside it; \(swap)"
      case .swap, .steer:
        return
          "“exemplar directions \(subject.store)” makes one direction of many regions, and “exemplar steer --direction” "
          + "goes along it"
      }
    }
  }
}
