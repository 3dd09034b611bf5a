/// Pages and documents that the service shows.
enum ServicePages {
    static let journey = page(JourneyPage.html)
    static let documentation = page(DocumentationPage.html)

    /// The contract with the limits of this service.
    static func openAPI(_ limits: ServiceSettings.Limits, version: String) -> ServiceAnswer {
        ServiceAnswer(
            json: OpenAPIDocument.json(
                version: version,
                limits: (
                    bodyBytes: limits.bodyBytes, batch: limits.batch, events: limits.eventsPerSession, fieldBytes: limits.fieldBytes
                )))
    }

    /// Nothing but the page itself may load or run.
    private static func page(_ html: String) -> ServiceAnswer {
        var answer = ServiceAnswer(contentType: "text/html; charset=utf-8", body: .bytes(Array(html.utf8)))
        answer.fields = [
            (
                "Content-Security-Policy",
                "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'; form-action 'none'; "
                    + "base-uri 'none'; frame-ancestors 'none'"
            ), ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
        ]
        return answer
    }
}
