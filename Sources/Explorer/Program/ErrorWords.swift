import TensorFiles

/// What is said of an error, with the options that would help: the libraries know settings, not how they are spelled.
package func words(of error: any Error) -> String {
  (error as? any RemediableError)?.text(\.option) ?? "\(error)"
}

extension Setting {
  /// The option of the command line.
  package var option: String {
    switch self {
    case .adapter: "--adapter"
    case .answerField: "--answer-field"
    case .calibration: "--calibration"
    case .calibrationActivations: "--calibration-activations"
    case .concepts: "--concepts"
    case .contextLength: "--context-length"
    case .engine: "--engine"
    case .hook: "--hook"
    case .judgeTimeout: "--judge-timeout"
    case .noMetadata: "--no-metadata"
    case .noSystem: "--no-system"
    case .otherModel: "--other-model"
    case .overwrite: "--overwrite"
    case .promptField: "--prompt-field"
    case .prompts: "--prompts"
    case .saeHook: "--sae-hook"
    case .seed: "--seed"
    case .split: "--split"
    case .suggestTimeout: "--suggest-timeout"
    case .system: "--system"
    case .template: "--template"
    case .templateFile: "--template-file"
    case .templateName: "--template-name"
    }
  }
}
