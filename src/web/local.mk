noinst_LIBRARIES += src/libweb.a
src_libweb_a_SOURCES = \
	src/web/page_metrics.c src/web/page_metrics.h \
	src/web/page_pac.c src/web/page_pac.h \
	src/web/page_status.c src/web/page_status.h \
	src/web/pages.c src/web/pages.h

if HAVE_CMOCKA
check_PROGRAMS += tests/unit/test_pages tests/unit/test_page_metrics tests/unit/test_page_pac tests/unit/test_page_status
tests_unit_test_pages_SOURCES = tests/unit/test_pages.c tests/unit/status_sample.h tests/unit/vec.h
tests_unit_test_pages_LDADD = $(WEB_LIBS) $(CMOCKA_LIBS)
tests_unit_test_page_metrics_SOURCES = tests/unit/test_page_metrics.c tests/unit/status_sample.h tests/unit/vec.h
tests_unit_test_page_metrics_LDADD = $(WEB_LIBS) $(CMOCKA_LIBS)
tests_unit_test_page_pac_SOURCES = tests/unit/test_page_pac.c tests/unit/status_sample.h tests/unit/vec.h
tests_unit_test_page_pac_LDADD = $(WEB_LIBS) $(CMOCKA_LIBS)
tests_unit_test_page_status_SOURCES = tests/unit/test_page_status.c tests/unit/status_sample.h tests/unit/vec.h
tests_unit_test_page_status_LDADD = $(WEB_LIBS) $(CMOCKA_LIBS)
endif
