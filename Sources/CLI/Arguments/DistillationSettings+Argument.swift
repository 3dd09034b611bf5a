public import ArgumentParser
public import IntentTaxonomy

extension DistillationSettings.Student: ExpressibleByArgument {}
extension DistillationSettings.Inputs: ExpressibleByArgument {}
extension DistillationSettings.Aim: ExpressibleByArgument {
    public init?(argument: String) { self.init(text: argument) }
    public var defaultValueDescription: String { text }
}
