noinst_LIBRARIES += src/libweb.a
src_libweb_a_SOURCES = \
	src/web/page_metrics.c src/web/page_metrics.h \
	src/web/page_pac.c src/web/page_pac.h \
	src/web/page_status.c src/web/page_status.h \
	src/web/pages.c src/web/pages.h

if HAVE_CMOCKA
WEB_TESTS = tests/unit/test_page_metrics tests/unit/test_page_pac tests/unit/test_page_status \
	tests/unit/test_pages
check_PROGRAMS += $(WEB_TESTS)
$(WEB_TESTS): LDADD = $(WEB_LIBS) $(CMOCKA_LIBS)
$(WEB_TESTS): $(filter %.a %.$(OBJEXT),$(WEB_LIBS) $(CMOCKA_LIBS))
endif
