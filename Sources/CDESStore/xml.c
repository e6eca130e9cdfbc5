#include "CDESStore.h"

#include <expat.h>
#include <limits.h>
#include <string.h>

struct handlers {
    void *context;
    des_xml_start start;
    des_xml_end end;
    des_xml_text text;
    XML_Parser parser;
};

static void XMLCALL on_start(void *data, const XML_Char *name, const XML_Char **attributes) {
    (void)attributes;
    struct handlers *handlers = data;
    const char *colon = strrchr(name, ':');
    handlers->start(handlers->context, colon ? colon + 1 : name);
}

static void XMLCALL on_end(void *data, const XML_Char *name) {
    (void)name;
    struct handlers *handlers = data;
    handlers->end(handlers->context);
}

static void XMLCALL on_text(void *data, const XML_Char *bytes, int count) {
    struct handlers *handlers = data;
    handlers->text(handlers->context, bytes, count);
}

static void XMLCALL on_doctype(void *data, const XML_Char *name, const XML_Char *system, const XML_Char *public,
                               int has_subset) {
    (void)name, (void)system, (void)public, (void)has_subset;
    struct handlers *handlers = data;
    XML_StopParser(handlers->parser, XML_FALSE);
}

unsigned long des_xml_parse(const char *bytes, size_t count, void *context, des_xml_start start, des_xml_end end,
                            des_xml_text text) {
    if (count > INT_MAX) return 1;
    XML_Parser parser = XML_ParserCreate("UTF-8");
    if (!parser) return 1;
    struct handlers handlers = {context, start, end, text, parser};
    XML_SetUserData(parser, &handlers);
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    XML_SetStartDoctypeDeclHandler(parser, on_doctype);
    unsigned long line = 0;
    if (XML_Parse(parser, bytes, (int)count, 1) != XML_STATUS_OK) line = XML_GetCurrentLineNumber(parser);
    XML_ParserFree(parser);
    return line;
}
