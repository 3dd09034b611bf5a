public import ArgumentParser
public import IntentTaxonomy

extension DistillationSettings.Student: ExpressibleByArgument {}
extension DistillationSettings.Inputs: ExpressibleByArgument {}
extension DistillationSettings.Aim: ExpressibleByArgument {
    /// Reads f1, micro-f1 or a precision.
    public init?(argument: String) { self.init(text: argument) }
    /// As it is written on the command line.
    public var defaultValueDescription: String { text }
}
